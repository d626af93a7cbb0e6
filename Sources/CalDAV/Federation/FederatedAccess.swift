/// What somebody of another server may do with a calendar that is shared with them.
package enum FederatedAccess: String, Sendable, CaseIterable {
    case read
    case readWrite = "read-write"

    /// As Nextcloud numbers it.
    package var number: Int {
        switch self {
        case .readWrite: 2
        case .read: 3
        }
    }

    /// A calendar's properties and its sharing are not theirs to change.
    package var privileges: Privileges {
        switch self {
        case .read: .read
        case .readWrite: [.read, .writeContent, .bind, .unbind]
        }
    }
}
