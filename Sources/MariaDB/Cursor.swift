/// The rows of a query, one at a time.
///
/// Columns are by index from 0; a column that does not exist, and any column before the first and
/// after the last row, reads as nil. Ends by itself after the last row and when released.
package final class Cursor {
    private let statement: PreparedStatement
    private let connection: Connection
    private let generation: Int
    private var isFinished = false

    init(of statement: PreparedStatement, on connection: Connection) {
        self.statement = statement
        self.connection = connection
        generation = connection.generation
        statement.isBusy = true
    }

    /// Moves to the next row, at first to the first; false after the last.
    package func next() throws(DatabaseError) -> Bool {
        guard !isFinished else { return false }
        guard generation == connection.generation else {
            isFinished = true
            throw DatabaseError(
                code: 2013, message: "The connection was closed", statement: statement.text)
        }
        do throws(DatabaseError) {
            if try statement.fetch() { return true }
            close()
            return false
        } catch {
            close()
            connection.note(error)
            throw error
        }
    }

    /// Drops what was not read, from the socket too; there are no more rows.
    package func close() {
        guard !isFinished else { return }
        isFinished = true
        // Of a session that is gone the C library has nothing left to free.
        if generation == connection.generation { statement.endFetching() }
        if connection.streamingCursor === self { connection.streamingCursor = nil }
    }

    deinit { close() }
}

extension Cursor {
    package var columnCount: Int { statement.row?.count ?? 0 }

    package func columnName(_ index: Int) -> String? {
        guard let row = statement.row, row.names.indices.contains(index) else { return nil }
        return row.names[index]
    }

    /// True for a column that does not exist.
    package func isNull(_ index: Int) -> Bool { current(index) == nil }

    /// Nil for NULL, for text that is no integer, and beyond 64 bits. A DECIMAL loses its fraction.
    package func int(_ index: Int) -> Int64? {
        guard let row = current(index) else { return nil }
        switch row.forms[index] {
        case .signed: return Int64(bitPattern: row.number(index))
        case .unsigned: return Int64(exactly: row.number(index))
        case .double:
            return Int64(exactly: Double(bitPattern: row.number(index)).rounded(.towardZero))
        case .bits: return Int64(exactly: bits(row.bytes(index)))
        case .bytes: return Int64(wholeText(row.bytes(index)))
        }
    }

    /// As `int`, of another range; nil for a negative number.
    package func uint(_ index: Int) -> UInt64? {
        guard let row = current(index) else { return nil }
        switch row.forms[index] {
        case .signed: return UInt64(exactly: Int64(bitPattern: row.number(index)))
        case .unsigned: return row.number(index)
        case .double:
            return UInt64(exactly: Double(bitPattern: row.number(index)).rounded(.towardZero))
        case .bits: return bits(row.bytes(index))
        case .bytes: return UInt64(wholeText(row.bytes(index)))
        }
    }

    package func double(_ index: Int) -> Double? {
        guard let row = current(index) else { return nil }
        switch row.forms[index] {
        case .double: return Double(bitPattern: row.number(index))
        case .bytes: return string(index).flatMap(Double.init)
        case .signed, .unsigned, .bits: return int(index).map(Double.init)
        }
    }

    /// A number comes as its digits; bytes that are no UTF-8 are replaced by U+FFFD.
    package func string(_ index: Int) -> String? {
        guard let row = current(index) else { return nil }
        switch row.forms[index] {
        case .signed: return String(Int64(bitPattern: row.number(index)))
        case .unsigned: return String(row.number(index))
        case .double: return Double(bitPattern: row.number(index)).description
        case .bits: return String(bits(row.bytes(index)))
        case .bytes: return String(decoding: row.bytes(index), as: UTF8.self)
        }
    }

    /// The column's own bytes, valid until the next call of `next` or `close`; nil for a number.
    package func bytes(_ index: Int) -> UnsafeRawBufferPointer? {
        guard let row = current(index) else { return nil }
        switch row.forms[index] {
        case .bytes, .bits: return row.bytes(index)
        case .signed, .unsigned, .double: return nil
        }
    }

    /// The row buffer, if it has a value other than NULL there.
    private func current(_ index: Int) -> RowBuffer? {
        guard !isFinished, let row = statement.row, row.isCurrent, index >= 0, index < row.count
        else { return nil }
        return row.isNull(index) ? nil : row
    }

    /// BIT columns: most significant byte first, eight at most.
    private func bits(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func wholeText(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes.prefix { $0 != UInt8(ascii: ".") }, as: UTF8.self)
    }
}
