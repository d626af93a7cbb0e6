package import CalDAV
import MariaDB
import Synchronization

// What clients bring back and could not have made: sealed with a key that the installation keeps, the
// same for all its processes.
extension Store {
    private static let sealKey: SQL = "SELECT value FROM caldav_meta WHERE name = 'seal_key'"
    private static let newSealKey: SQL =
        "INSERT IGNORE INTO caldav_meta (name, value) VALUES ('seal_key', ?)"

    package func seal(_ text: String) throws(StorageError) -> String {
        let key = try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in try keyOfSeals() }
        }
        return Digest.hex(Digest.hmacSHA256(key: key, Array(text.utf8)).prefix(16))
    }

    /// Under which a share's secret is found, and of which nobody learns it.
    func digest(ofShareSecret secret: String) throws(DatabaseError) -> [UInt8] {
        Digest.hmacSHA256(key: try keyOfSeals(), Array("share \(secret)".utf8))
    }

    /// Made by the first who asks.
    private func keyOfSeals() throws(DatabaseError) -> [UInt8] {
        if let known = context.sealKey.withLock({ $0 }) { return known }
        let random = Array(Digest.hex(Digest.random(count: 32)).utf8)
        var kept = try readSealKey()
        if kept == nil {
            _ = try connection.execute(Store.newSealKey, .bytes(random))
            kept = try readSealKey()
        }
        let key = kept ?? random
        context.sealKey.withLock { $0 = key }
        return key
    }

    private func readSealKey() throws(DatabaseError) -> [UInt8]? {
        let cursor = try connection.query(Store.sealKey)
        return try cursor.next() ? cursor.bytes(0).map(Array.init) : nil
    }
}
