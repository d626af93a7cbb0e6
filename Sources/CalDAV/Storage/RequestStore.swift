/// Opening a request: who asks, and what it is for.
package protocol RequestStore: AnyObject {
    /// Finds who signs in and what the request is for, in one statement.
    ///
    /// - Parameters:
    ///   - address: names as the client wrote them; those of users and calendars in the answer are
    ///     the database's spelling.
    ///   - userName: what the client signs in with; nil for nobody, who has what is granted to all.
    ///   - content: whether the object's text is wanted.
    func open(
        _ address: ResourceAddress, signingIn userName: String?, content: Bool
    ) throws(StorageError) -> Opening

    /// Finds a calendar that is shared with somebody of another server, by the secret that they bring,
    /// and what the request is for as far as it is in that calendar.
    ///
    /// - Returns: without a user where there is no such share, or somebody who may sign in has that
    ///   user name; without a calendar where the address is none of the shared calendar.
    func open(
        _ address: ResourceAddress, asGuest key: GuestKey, content: Bool
    ) throws(StorageError) -> Opening

    /// Takes over what the CRM changed since the last time, within a bounded time; called when
    /// `Opening.hasPendingChanges`, before opening anew.
    func mergePendingChanges() throws(StorageError)

    /// Gives a user who signs in the calendar that everybody has; called when
    /// `Opening.needsHome`, before opening anew.
    func prepareHome(of user: UserRecord) throws(StorageError)
}
