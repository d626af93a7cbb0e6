package import CalDAV
import MariaDB

// What both sides of a pair had when they last agreed, object by object.
extension Store {
    private static let selectObjects: SQL = """
        SELECT id, name, etag, href, remote_etag, local_text IS NOT NULL, failures, retry_at, reason
          FROM caldav_remote_objects WHERE remote_id = ?
        """

    /// All objects of a pair, without their texts.
    package func remoteObjects(of remote: Int64) throws(StorageError) -> [RemoteObjectRecord] {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(
                    Store.selectObjects, .int(remote), streaming: true)
                var objects: [RemoteObjectRecord] = []
                while try cursor.next() {
                    var object = RemoteObjectRecord()
                    object.id = cursor.int(0) ?? 0
                    object.name = cursor.string(1)
                    object.etag = cursor.string(2)
                    object.href = cursor.string(3)
                    object.remoteETag = cursor.string(4)
                    object.isPaired = cursor.int(5) == 1
                    object.failures = cursor.int(6) ?? 0
                    object.retryAt = cursor.int(7) ?? 0
                    object.reason = cursor.string(8)
                    objects.append(object)
                }
                return objects
            }
        }
    }

    private static let waiting: SQL = """
        SELECT 1 FROM caldav_remote_objects
         WHERE remote_id = ? AND retry_at > 0 AND retry_at <= ? LIMIT 1
        """

    /// Whether an object whose transfer failed is due again.
    package func hasRetries(of remote: Int64) throws(StorageError) -> Bool {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                try connection.query(Store.waiting, .int(remote), .int(now)).next()
            }
        }
    }

    private static let texts = listSizes.map { count -> SQL in
        """
        SELECT id, local_text, COALESCE(remote_text, local_text) FROM caldav_remote_objects
         WHERE id IN (\(SQL.repeated("?", count: count))) AND local_text IS NOT NULL
        """
    }

    /// The last common versions, by the id of their object.
    package func remoteTexts(of ids: [Int64]) throws(StorageError) -> [Int64: RemoteTexts] {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                var texts: [Int64: RemoteTexts] = [:]
                for piece in ids.inPaddedPieces(of: Store.listSizes) {
                    let cursor = try connection.query(
                        Store.texts[piece.size], piece.elements.map { .int($0) }, streaming: true)
                    while try cursor.next() {
                        texts[cursor.int(0) ?? 0] = RemoteTexts(
                            local: cursor.bytes(1).map(Array.init) ?? [],
                            remote: cursor.bytes(2).map(Array.init) ?? [])
                    }
                }
                return texts
            }
        }
    }

    private static let deleteOthers: SQL = """
        DELETE FROM caldav_remote_objects
         WHERE remote_id = ? AND id <> ? AND (name = ? OR href_hash = ?)
        """
    private static let insertObject: SQL = """
        INSERT INTO caldav_remote_objects
               (remote_id, name, etag, href, href_hash, remote_etag, local_text, remote_text,
                failures, retry_at, reason)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    private static let updateObject: SQL = """
        UPDATE caldav_remote_objects
           SET name = ?, etag = ?, href = ?, href_hash = ?, remote_etag = ?, local_text = ?,
               remote_text = ?, failures = ?, retry_at = ?, reason = ?
         WHERE remote_id = ? AND id = ?
        """
    private static let updateTags: SQL = """
        UPDATE caldav_remote_objects
           SET name = ?, etag = ?, href = ?, href_hash = ?, remote_etag = ?, failures = ?,
               retry_at = ?, reason = ?
         WHERE remote_id = ? AND id = ?
        """

    /// Stores an object; another row of the same name or href gives way.
    ///
    /// - Parameters:
    ///   - hrefKey: the href in its one spelling.
    ///   - texts: the common version; nil: it stays what it was.
    package func save(
        _ object: RemoteObjectRecord, hrefKey: String?, texts: RemoteTexts?, of remote: Int64
    ) throws(StorageError) {
        let hash = Value(hrefKey.map { Digest.sha256($0) })
        let name = Value(object.name.map { Array($0.utf8) })
        let place: [Value] = [
            name, Value(object.etag.map { Array($0.utf8) }),
            Value(object.href.map { Array($0.utf8) }), hash,
            Value(object.remoteETag.map { Array($0.utf8) }),
        ]
        let trouble: [Value] = [
            .int(object.failures), .int(object.retryAt),
            Value(object.reason.map { Array($0.utf8) }),
        ]
        let common: [Value] =
            texts.map {
                [.bytes($0.local), $0.local == $0.remote ? .null : .bytes($0.remote)]
            } ?? [.null, .null]
        let identity: [Value] = [.int(remote), .int(object.id)]
        try change { () throws(DatabaseError) in
            try connection.execute(Store.deleteOthers, identity + [name, hash])
            if object.id == 0 {
                try connection.execute(
                    Store.insertObject, [.int(remote)] + place + common + trouble)
            } else if texts != nil {
                try connection.execute(
                    Store.updateObject, place + common + trouble + identity)
            } else {
                try connection.execute(Store.updateTags, place + trouble + identity)
            }
        }
    }

    private static let forgetObject: SQL =
        "DELETE FROM caldav_remote_objects WHERE remote_id = ? AND id = ?"

    /// Forgets an object that neither side has.
    package func forget(_ object: Int64, of remote: Int64) throws(StorageError) {
        try change { () throws(DatabaseError) in
            try connection.execute(Store.forgetObject, .int(remote), .int(object))
        }
    }
}
