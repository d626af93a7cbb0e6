/// Judges passwords; shared by all threads of a process.
package protocol PasswordVerifier: Sendable {
    /// - Parameters:
    ///   - user: nil where nobody has that name; it then costs as much as a wrong password.
    ///   - name: as the client wrote it, for counting failures.
    ///   - address: the client's, for counting failures.
    func verify(
        _ password: [UInt8], for user: UserRecord?, named name: String, from address: String
    ) -> SignInVerdict

    /// Seconds until a secret address is looked at, for a client that tried many which there are
    /// not; nil: now. One that was right from there of late is looked at always. Status 429.
    func lockedFor(secret token: String, from address: String) -> Int?

    /// Whether there is such a secret address.
    func note(secret token: String, isKnown: Bool, from address: String)
}

package enum SignInVerdict: Sendable {
    case accepted
    case refused
    /// Too many hashes are waiting; seconds until another try is worth it. Status 429.
    case busy(retryAfter: Int)
    /// Too many failures; seconds until the next try is looked at. Status 429, never 401: there are
    /// clients that delete a calendar on 401.
    case lockedOut(retryAfter: Int)
}
