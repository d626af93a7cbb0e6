import Glibc
package import MariaDB

/// The files of `sql/`, as anybody would load them with the mariadb client.
package enum ExampleCRM {
    /// A database of its own with the example CRM's users and 300 tasks around 15 June 2026.
    package static func fresh(_ prefix: String = "crm") throws -> ConnectionSettings {
        let settings = try PrivateMariaDB.shared.freshDatabase(prefix)
        let connection = Connection(settings: settings)
        try connection.run("SET @today = '2026-06-15'")
        try run("example-crm.sql", on: connection)
        return settings
    }

    /// Runs the documented statements by hand.
    package static func runDocumentedStatements(on connection: Connection) throws {
        try run("documented.sql", on: connection)
    }

    /// Statements end at a semicolon that ends a line.
    package static func run(_ file: String, on connection: Connection) throws {
        let text = try String(decoding: bytes(of: file), as: UTF8.self) + "\n"
        var statement = ""
        for line in text.split(separator: "\n") {
            statement += line + "\n"
            guard line.hasSuffix(";"), !line.hasPrefix("--") else { continue }
            try connection.run(statement)
            statement = ""
        }
    }

    struct Unreadable: Error {
        let path: String
    }

    private static func bytes(of file: String) throws -> [UInt8] {
        // Tests/Support/ExampleCRM.swift
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let path = "/\(root)/sql/\(file)"
        guard let stream = fopen(path, "r") else { throw Unreadable(path: path) }
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, stream), count > 0 {
            bytes += chunk[..<count]
        }
        return bytes
    }
}
