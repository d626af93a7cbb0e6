import Glibc
import WebDAV

/// What a path below the base path names (design of the URL space), whether it exists or not.
enum ResourcePath {
    case known(ResourceAddress)
    /// No resource can have this path; `owner` is whose home or principal it would stand below.
    case unknown(owner: String?)

    /// - Throws: 400, as `Href.segments`.
    init(_ path: some StringProtocol) throws(RequestError) {
        self.init(segments: try Href.segments(of: path))
    }

    init(segments: [String]) {
        switch segments.count {
        case 0: self = .known(.root)
        case 1 where segments[0] == "principals": self = .known(.principals)
        case 1 where segments[0] == "calendars": self = .known(.homes)
        case 2 where segments[0] == "principals" && segments[1] == "users":
            self = .known(.userPrincipals)
        case 3 where segments[0] == "principals" && segments[1] == "users":
            self = .known(.principal(user: segments[2]))
        case 4 where segments[0] == "principals" && segments[1] == "users":
            let level = ProxyLevel(rawValue: segments[3])
            self =
                level.map { .known(.proxy(user: segments[2], $0)) } ?? .unknown(owner: segments[2])
        case 2 where segments[0] == "calendars": self = .known(.home(user: segments[1]))
        case 2 where segments[0] == "feed" && segments[1].hasSuffix(".ics"):
            self = .known(.feed(token: String(segments[1].dropLast(4))))
        case 3 where segments[0] == "calendars" && HomePlace(rawValue: segments[2]) != nil:
            let place = HomePlace(rawValue: segments[2]) ?? .inbox
            self = .known(.place(user: segments[1], place))
        case 4... where segments[0] == "calendars" && HomePlace(rawValue: segments[2]) != nil:
            self = .unknown(owner: segments[1])
        case 3 where segments[0] == "calendars":
            self = .known(.calendar(user: segments[1], uri: segments[2]))
        case 4 where segments[0] == "calendars":
            self = .known(.object(user: segments[1], uri: segments[2], name: segments[3]))
        case 5... where segments[0] == "calendars": self = .unknown(owner: segments[1])
        case 5... where segments[0] == "principals" && segments[1] == "users":
            self = .unknown(owner: segments[2])
        default: self = .unknown(owner: nil)
        }
    }

    /// The address to look up: of the root for what cannot exist.
    var address: ResourceAddress {
        switch self {
        case .known(let address): address
        case .unknown(let owner): owner.map { .home(user: $0) } ?? .root
        }
    }
}

extension String {
    /// Equality of names from paths and the database: by bytes.
    package func hasSameBytes(as other: String) -> Bool {
        let (one, other) = (utf8, other.utf8)
        guard one.count == other.count else { return false }
        // Both have their bytes in one piece, unless a text came from outside of Swift.
        let isSame = one.withContiguousStorageIfAvailable { one in
            other.withContiguousStorageIfAvailable { other in
                guard let start = one.baseAddress, let otherStart = other.baseAddress else {
                    return one.isEmpty
                }
                return memcmp(start, otherStart, one.count) == 0
            }
        }
        return (isSame ?? nil) ?? one.elementsEqual(other)
    }
}
