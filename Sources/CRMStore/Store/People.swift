package import CalDAV
import MariaDB

// Those who may sign in: rows of the CRM's `users` for which the operator's condition holds.
extension Store {
    package func people(named names: [String]) throws(StorageError) -> [UserRecord] {
        let people = context.opening.people
        return try atTheEdge { () throws(StoreFailure) in
            var found: [UserRecord] = []
            for piece in names.inStatementChunks() {
                let select: SQL = """
                    SELECT p.name, p.email, p.displayname FROM (\(people)) AS p
                     WHERE p.name IN (\(SQL.repeated("?", count: piece.count)))
                    """
                found += try readPeople(select, piece.map { .text($0) })
            }
            // The collation may take another spelling for the same name.
            return found.filter { person in
                names.contains { $0.utf8.elementsEqual(person.name.utf8) }
            }
        }
    }

    package func people(
        matching query: PeopleQuery, limit: Int
    ) throws(StorageError) -> [UserRecord] {
        // Names with an index on them are few in a CRM: all are looked through.
        let fits: SQL = """
            (LOWER(CONVERT(p.name USING utf8mb4)) LIKE ? ESCAPE '|'
             OR LOWER(CONVERT(p.email USING utf8mb4)) LIKE ? ESCAPE '|'
             OR LOWER(CONVERT(p.displayname USING utf8mb4)) LIKE ? ESCAPE '|')
            """
        let people = context.opening.people
        let size = query.texts.count > 1 ? 10 : 1
        let all = SQL.repeated(
            fits, count: size, separator: query.isAnyOf ? " OR " : " AND ")
        let select: SQL = """
            SELECT p.name, p.email, p.displayname FROM (\(people)) AS p
             WHERE \(all) ORDER BY p.name LIMIT ?
            """
        guard let last = query.texts.prefix(10).last else { return [] }
        var texts = Array(query.texts.prefix(10))
        texts += [String](repeating: last, count: size - texts.count)
        let patterns = texts.flatMap { text -> [Value] in
            let pattern = Store.pattern(text, isWhole: query.isWhole)
            return [pattern, pattern, pattern]
        }
        return try atTheEdge { () throws(StoreFailure) in
            try readPeople(select, patterns + [.int(Int64(limit))])
        }
    }

    /// What LIKE takes for the text itself, or for anything that has it inside.
    private static func pattern(_ text: String, isWhole: Bool) -> Value {
        var pattern = isWhole ? "" : "%"
        for character in text.unicodeScalars {
            if character == "%" || character == "_" || character == "|" { pattern += "|" }
            pattern.unicodeScalars.append(character)
        }
        return .text(isWhole ? pattern : pattern + "%")
    }

    private func readPeople(
        _ statement: SQL, _ values: [Value]
    ) throws(StoreFailure) -> [UserRecord] {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(statement, values)
            var people: [UserRecord] = []
            while try cursor.next() {
                guard let name = cursor.string(0), !name.isEmpty else { continue }
                people.append(
                    UserRecord(
                        name: name, passwordHash: [], email: cursor.string(1),
                        displayName: cursor.string(2)))
            }
            return people
        }
    }
}
