/// What makes this installation different from any other.
package protocol InstallationStore: AnyObject {
    /// Makes what is here different from what is in any other database, for names that have to be
    /// unique; costs nothing once it is known.
    func instanceName() throws(StorageError) -> String

    /// Sixteen bytes in hexadecimal digits that only this installation can make of a text.
    func seal(_ text: String) throws(StorageError) -> String
}
