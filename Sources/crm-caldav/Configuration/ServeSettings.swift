import CalDAV
import FastCGI
import Outgoing

/// What an operator may say about the serving processes.
struct ServeSettings: Sendable {
    var listen = ListenAddress.inherited
    /// Permissions of a Unix socket's file.
    var listenMode: UInt32 = 0o660
    /// The group the file is to belong to.
    var listenGroup: String?
    /// The accounts that may connect to a Unix socket.
    var listenPeers = ListenPeers.automatic

    /// Nil: one where a web server starts the program by itself (`*.fcgi`), eight otherwise.
    var threads: Int?
    var processes = 1

    /// Begins and ends with `/`; nil: found out of SCRIPT_NAME for each request.
    var basePath: String?
    /// Where clients reach it, with a slash at the end; nil: not known but from requests.
    var publicAddress: String?
    var realm = "CRM"
    /// How other people are found, to share calendars with them.
    var findPeople = PeopleSearch.part
    /// Whether REMOTE_USER is who is signed in, without a password.
    var trustsRemoteUser = false
    var trustedProxies: [AddressRange] = []

    /// Names of the surfaces that answer.
    var surfaces = Surfaces.names
    /// Bytes of an XML body.
    var maxXMLSize = 4 << 20

    var accessLog = LogTarget.standardError
    var errorLog = LogTarget.standardError
    var logLevel = LogLevel.warning
}

/// Where a log's lines go.
enum LogTarget: Sendable, Equatable {
    case standardError
    case off
    case file(String)

    init(_ text: String) {
        switch text {
        case "-": self = .standardError
        case "off": self = .off
        default: self = .file(text)
        }
    }

    var text: String {
        switch self {
        case .standardError: "-"
        case .off: "off"
        case .file(let path): path
        }
    }
}

enum LogLevel: String, Sendable, CaseIterable, Comparable {
    case error, warning, info

    static func < (one: LogLevel, other: LogLevel) -> Bool {
        (allCases.firstIndex(of: one) ?? 0) < (allCases.firstIndex(of: other) ?? 0)
    }
}
