/// What owners grant to others.
package protocol SharingStore: AnyObject {
    /// All that an owner grants, on the home and on each calendar.
    func shares(of owner: String) throws(StorageError) -> [Share]

    /// Replaces all that an owner grants on a calendar, or with nil on the home.
    func setShares(
        _ shares: [Share], of owner: String, on calendar: Int64?
    ) throws(StorageError)

    /// Who grants something to a user by name, or to everybody who signs in.
    func sharers(with viewer: String) throws(StorageError) -> [Sharer]

    /// Notes what the receiver of a share on another server tells of it.
    ///
    /// - Returns: whether there is a share with that secret.
    func note(
        _ answer: ShareAnswer, ofShareWithSecret secret: String
    ) throws(StorageError) -> Bool
}
