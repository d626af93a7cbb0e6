import CMariaDB

/// The memory that a prepared statement's rows arrive in, one row at a time.
///
/// The client library keeps pointers into it from bind to the last fetch, so it is allocated once
/// with the statement; a column longer than any before grows its buffer.
final class RowBuffer {
    /// How a column comes: integers and floating point as such, everything else as its text or bytes.
    enum Form { case signed, unsigned, double, bytes, bits }

    let count: Int
    let names: [String]
    let forms: [Form]
    let binds: UnsafeMutablePointer<MYSQL_BIND>
    /// Between a fetched row and the next: `cell` access is allowed.
    var isCurrent = false

    private let lengths: UnsafeMutablePointer<UInt>
    private let nulls: UnsafeMutablePointer<my_bool>
    private let numbers: UnsafeMutablePointer<UInt64>

    private static let firstCapacity: UInt = 256
    /// A larger buffer is given back when the cursor ends.
    private static let keptCapacity: UInt = 64 << 10

    init(of metadata: UnsafeMutablePointer<MYSQL_RES>) {
        count = Int(mysql_num_fields(metadata))
        binds = .allocate(capacity: count)
        lengths = .allocate(capacity: count)
        nulls = .allocate(capacity: count)
        numbers = .allocate(capacity: count)
        lengths.initialize(repeating: 0, count: count)
        nulls.initialize(repeating: 0, count: count)
        numbers.initialize(repeating: 0, count: count)
        let fields = UnsafeBufferPointer(start: mysql_fetch_fields(metadata), count: count)
        names = fields.map { $0.name.map { String(cString: $0) } ?? "" }
        forms = fields.map(RowBuffer.form)
        for index in 0..<count {
            (binds + index).initialize(to: MYSQL_BIND())
            binds[index].length = lengths + index
            binds[index].is_null = nulls + index
            switch forms[index] {
            case .signed, .unsigned:
                binds[index].buffer_type = MYSQL_TYPE_LONGLONG
                binds[index].is_unsigned = forms[index] == .unsigned ? 1 : 0
                binds[index].buffer = UnsafeMutableRawPointer(numbers + index)
                binds[index].buffer_length = 8
            case .double:
                binds[index].buffer_type = MYSQL_TYPE_DOUBLE
                binds[index].buffer = UnsafeMutableRawPointer(numbers + index)
                binds[index].buffer_length = 8
            case .bytes, .bits:
                binds[index].buffer_type = MYSQL_TYPE_STRING
                allocate(index, RowBuffer.firstCapacity)
            }
        }
    }

    func isNull(_ index: Int) -> Bool { nulls[index] != 0 }
    func number(_ index: Int) -> UInt64 { numbers[index] }
    func bytes(_ index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: binds[index].buffer, count: Int(lengths[index]))
    }

    /// Fetches again what did not fit.
    ///
    /// - Returns: whether buffers moved, so that the statement has to be bound again.
    func growToFit(_ statement: UnsafeMutablePointer<MYSQL_STMT>) -> Bool {
        var grew = false
        for index in 0..<count where forms[index] == .bytes && nulls[index] == 0 {
            let length = lengths[index]
            guard length > binds[index].buffer_length else { continue }
            binds[index].buffer.deallocate()
            allocate(index, max(length, 2 * binds[index].buffer_length))
            mysql_stmt_fetch_column(statement, binds + index, UInt32(index), 0)
            grew = true
        }
        return grew
    }

    func trim() {
        for index in 0..<count where forms[index] == .bytes {
            guard binds[index].buffer_length > RowBuffer.keptCapacity else { continue }
            binds[index].buffer.deallocate()
            allocate(index, RowBuffer.firstCapacity)
        }
    }

    private func allocate(_ index: Int, _ capacity: UInt) {
        binds[index].buffer = .allocate(byteCount: Int(capacity), alignment: 8)
        binds[index].buffer_length = capacity
    }

    private static func form(_ field: MYSQL_FIELD) -> Form {
        switch field.type {
        case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG,
            MYSQL_TYPE_LONGLONG, MYSQL_TYPE_YEAR:
            field.flags & UInt32(UNSIGNED_FLAG) != 0 ? .unsigned : .signed
        case MYSQL_TYPE_FLOAT, MYSQL_TYPE_DOUBLE: .double
        case MYSQL_TYPE_BIT: .bits
        default: .bytes
        }
    }

    deinit {
        for index in 0..<count where forms[index] == .bytes || forms[index] == .bits {
            binds[index].buffer.deallocate()
        }
        binds.deallocate()
        lengths.deallocate()
        nulls.deallocate()
        numbers.deallocate()
    }
}
