private import CFastCGI
import Glibc

/// Which accounts of the machine may connect to a Unix socket. Root and our own always may.
package enum ListenPeers: Sendable, Equatable {
    /// The web servers' accounts; and, beyond these, whom the socket's file lets in as its owner or as a
    /// member of its group, for somebody has named them there.
    ///
    /// So what is kept out is what may connect for no other reason than that everybody may. Where the
    /// file is not to be seen from here (in another's directory, or no file at all), whoever connects is
    /// let in: who made the socket decided that.
    case automatic
    case anyone
    /// Names or numbers, and nobody else.
    case accounts([String])

    /// Reads `auto`, `any`, or names and numbers with commas between them.
    package init?(_ text: String) {
        switch text {
        case "auto": self = .automatic
        case "any": self = .anyone
        default:
            let names = text.split(separator: ",", omittingEmptySubsequences: false).map {
                String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
            guard names.allSatisfy({ !$0.isEmpty && !$0.contains(" ") }) else { return nil }
            self = .accounts(names)
        }
    }

    package var text: String {
        switch self {
        case .automatic: "auto"
        case .anyone: "any"
        case .accounts(let names): names.joined(separator: ", ")
        }
    }
}

/// Holds who connected to a Unix socket against `ListenPeers`.
struct PeerCheck: Sendable {
    /// What web servers run as; those that the machine has are let in. The last two are what nginx and
    /// Apache run as where their configuration, or who built them, names no account.
    private static let webServers = [
        "www-data", "nginx", "apache", "apache2", "http", "httpd", "www", "_www", "wwwrun",
        "lighttpd", "caddy", "litespeed", "lsws", "angie", "_nginx", "nobody", "daemon",
    ]

    private let users: Set<uid_t>
    /// The socket's file, where its owner and group are let in.
    private let file: String?
    private let letsAnyoneIn: Bool

    /// - Parameter file: the path of the socket's file; nil where none is to be seen.
    init(_ peers: ListenPeers, file: String?) throws(SystemError) {
        var users: Set<uid_t> = [0, geteuid()]
        switch peers {
        case .automatic:
            users.formUnion(Self.webServers.compactMap(Self.user))
        case .anyone:
            break
        case .accounts(let names):
            for name in names {
                guard let user = Self.user(name) ?? uid_t(name) else {
                    throw SystemError("find the account \(name)", code: ENOENT)
                }
                users.insert(user)
            }
        }
        self.users = users
        self.file = peers == .automatic ? file : nil
        letsAnyoneIn = peers == .anyone || peers == .automatic && file == nil
    }

    private static func user(_ name: String) -> uid_t? { getpwnam(name)?.pointee.pw_uid }

    /// Why a connection is to be closed; nil: it may stay.
    func refusal(of connection: Int32) -> Refusal? {
        if letsAnyoneIn { return nil }
        var user = uid_t.max
        var group = gid_t.max
        // What has no such thing as a peer's account is no Unix socket.
        guard cfastcgi_peer(connection, &user, &group) == 0 else { return nil }
        if letsIn(user, groups: { [group] + Self.groups(of: connection) }) { return nil }
        return .account(user)
    }

    func letsIn(_ user: UInt32, groups: () -> [UInt32]) -> Bool {
        letsAnyoneIn || users.contains(user) || fileLetsIn(user, groups)
    }

    /// Asked for few connections, and each time: what the file says may have been changed.
    private func fileLetsIn(_ user: uid_t, _ groups: () -> [gid_t]) -> Bool {
        guard let file else { return false }
        var status = stat()
        guard stat(file, &status) == 0 else { return false }
        if user == status.st_uid { return status.st_mode & S_IWUSR != 0 }
        return status.st_mode & S_IWGRP != 0 && groups().contains(status.st_gid)
    }

    private static func groups(of connection: Int32) -> [gid_t] {
        var groups = [gid_t](repeating: gid_t.max, count: 1024)
        var size = socklen_t(groups.count * MemoryLayout<gid_t>.size)
        guard getsockopt(connection, SOL_SOCKET, CFASTCGI_PEER_GROUPS, &groups, &size) == 0 else {
            return []
        }
        return Array(groups.prefix(Int(size) / MemoryLayout<gid_t>.size))
    }
}
