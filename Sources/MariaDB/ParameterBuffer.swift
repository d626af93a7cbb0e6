import CMariaDB

/// The memory that a statement's parameters are sent from; one a connection, used again and again.
///
/// `mysql_stmt_bind_param` copies the bind structures but not what they point to, which has to live
/// until `mysql_stmt_execute` returns: so every value is laid out here first.
final class ParameterBuffer {
    private var binds: UnsafeMutablePointer<MYSQL_BIND>
    private var bindCapacity = 16
    private var storage: UnsafeMutableRawPointer
    private var capacity = 4096

    /// More than this is given back after use.
    private static let keptCapacity = 256 << 10

    init() {
        binds = .allocate(capacity: bindCapacity)
        storage = .allocate(byteCount: capacity, alignment: 8)
    }

    /// - Returns: one bind structure a value, good until the next call.
    func filled(with values: borrowing [Value]) -> UnsafeMutablePointer<MYSQL_BIND> {
        var size = 0
        for index in 0..<values.count { size += 8 + ParameterBuffer.size(of: values[index]) }
        reserve(binds: values.count, bytes: size)

        var offset = 0
        for index in 0..<values.count {
            var bind = MYSQL_BIND()
            let place = storage + offset
            bind.buffer = place
            switch values[index] {
            case .null:
                bind.buffer_type = MYSQL_TYPE_NULL
            case .int(let number):
                bind.buffer_type = MYSQL_TYPE_LONGLONG
                place.storeBytes(of: number, as: Int64.self)
                offset += 8
            case .uint(let number):
                bind.buffer_type = MYSQL_TYPE_LONGLONG
                bind.is_unsigned = 1
                place.storeBytes(of: number, as: UInt64.self)
                offset += 8
            case .double(let number):
                bind.buffer_type = MYSQL_TYPE_DOUBLE
                place.storeBytes(of: number, as: Double.self)
                offset += 8
            case .text(var text):
                bind.buffer_type = MYSQL_TYPE_STRING
                let count = text.withUTF8 { utf8 in
                    place.copy(from: UnsafeRawBufferPointer(utf8))
                    return utf8.count
                }
                bind.buffer_length = UInt(count)
                offset += ParameterBuffer.padded(count)
            case .bytes(let bytes):
                bind.buffer_type = MYSQL_TYPE_BLOB
                bytes.withUnsafeBytes { place.copy(from: $0) }
                bind.buffer_length = UInt(bytes.count)
                offset += ParameterBuffer.padded(bytes.count)
            }
            (binds + index).initialize(to: bind)
        }
        return binds
    }

    func trim() {
        guard capacity > ParameterBuffer.keptCapacity else { return }
        storage.deallocate()
        capacity = 4096
        storage = .allocate(byteCount: capacity, alignment: 8)
    }

    private func reserve(binds count: Int, bytes: Int) {
        if count > bindCapacity {
            binds.deallocate()
            bindCapacity = count
            binds = .allocate(capacity: bindCapacity)
        }
        if bytes > capacity {
            storage.deallocate()
            capacity = bytes
            storage = .allocate(byteCount: capacity, alignment: 8)
        }
    }

    private static func size(of value: Value) -> Int {
        switch value {
        case .text(let text): text.utf8.count
        case .bytes(let bytes): bytes.count
        case .null, .int, .uint, .double: 8
        }
    }

    /// Numbers stay aligned.
    private static func padded(_ count: Int) -> Int { (count + 7) & ~7 }

    deinit {
        binds.deallocate()
        storage.deallocate()
    }
}

extension UnsafeMutableRawPointer {
    fileprivate func copy(from bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        copyMemory(from: base, byteCount: bytes.count)
    }
}
