import CRMStore
import Glibc
import MariaDB
import RemoteSync

/// Everything that can be set: the file, and the environment over it.
struct Configuration: Sendable {
    var store = StoreSettings()
    var serve = ServeSettings()
    var signIn = SignInSettings()
    var sync = SyncSettings()

    /// A file that holds nothing but the database account's password.
    var databasePasswordFile: String?

    /// The file that was read; nil where everything came from the environment.
    private(set) var file: String?

    init() {}
}

/// What is wrong with the configuration, in words for the operator. Exit code 78 (EX_CONFIG).
struct ConfigurationError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension Configuration {
    /// Reads the file that applies and the environment.
    ///
    /// - Parameter path: `--config`; nil: the first that exists of the usual places.
    static func load(from path: String? = nil) throws(ConfigurationError) -> Configuration {
        let environment = Environment.current
        var configuration = Configuration()
        let (found, places) = try locate(path, environment)
        if let found { try configuration.read(found) }
        try configuration.read(environment)
        try configuration.readPasswordFile()
        guard !configuration.store.connection.database.isEmpty else {
            throw ConfigurationError(
                found.map { "\($0): database_name is not set" }
                    ?? "no configuration: there is no \(places.joined(separator: " nor "))")
        }
        return configuration
    }

    /// What the file next to a program that was copied to a web space is called: web servers do not
    /// give out what begins with `.ht`.
    private static let nameBeside = ".ht-caldav.conf"
    private static let systemPath = "/etc/crm-caldav.conf"

    private static func locate(
        _ path: String?, _ environment: Environment
    ) throws(ConfigurationError) -> (found: String?, places: [String]) {
        if let path = path ?? environment[Environment.fileVariable] {
            guard access(path, F_OK) == 0 else {
                throw ConfigurationError("\(path): \(String(cString: strerror(errno)))")
            }
            return (path, [path])
        }
        var places = [systemPath]
        if let directory = Executable.directory {
            places.insert("\(directory)/\(nameBeside)", at: 0)
        }
        return (places.first { access($0, F_OK) == 0 }, places)
    }

    private mutating func read(_ path: String) throws(ConfigurationError) {
        let contents = try FileContents(of: path)
        for entry in try ConfigurationFile(contents.text, path: path).entries {
            let place = "\(path):\(entry.line)"
            try set(entry.name, to: entry.value, at: place)
            if ConfigurationKey.named(entry.name)?.isSecret == true, contents.isReadableByAll {
                throw ConfigurationError(
                    "\(place): \(entry.name) is here for every account of this machine to read; "
                        + "chmod 640 \(path), with the group of the account that serves")
            }
        }
        file = path
    }

    /// `CRM_CALDAV_DATABASE_USER` sets `database_user`, and so on for every key.
    private mutating func read(_ environment: Environment) throws(ConfigurationError) {
        for (variable, key, value) in environment.keys {
            try set(key, to: value, at: "environment variable \(variable)")
        }
    }

    private mutating func set(
        _ name: String, to value: String, at place: String
    ) throws(ConfigurationError) {
        guard let key = ConfigurationKey.named(name) else {
            let near = ConfigurationKey.nearest(to: name)
            let hint = near.map { "; did you mean \($0.name)?" } ?? ""
            throw ConfigurationError("\(place): unknown key \(name)\(hint)")
        }
        do throws(ConfigurationKey.BadValue) {
            try key.read(&self, value)
        } catch {
            throw ConfigurationError("\(place): \(name): \(error.reason)")
        }
    }

    private mutating func readPasswordFile() throws(ConfigurationError) {
        guard let path = databasePasswordFile else { return }
        let contents = try FileContents(of: path)
        guard !contents.isReadableByAll else {
            throw ConfigurationError(
                "\(path): every account of this machine may read this password; chmod 640 \(path)")
        }
        var password = contents.text
        while password.last?.isNewline == true { password.removeLast() }
        store.connection.password = password
    }
}

/// A small text file that was read whole.
private struct FileContents {
    let text: String
    let isReadableByAll: Bool

    private static let limit = 1 << 20

    init(of path: String) throws(ConfigurationError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ConfigurationError("\(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            throw ConfigurationError("\(path): is not a file")
        }
        isReadableByAll = status.st_mode & S_IROTH != 0
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 8192)
        while bytes.count <= Self.limit {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count <= 0 { break }
            bytes += piece.prefix(count)
        }
        guard bytes.count <= Self.limit,
            let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0)
        else { throw ConfigurationError("\(path): is not text in UTF-8") }
        self.text = text
    }
}
