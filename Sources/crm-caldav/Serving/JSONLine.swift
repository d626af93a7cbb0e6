import Glibc

/// One JSON object (RFC 8259) in one line, member by member.
struct JSONLine {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    init() {
        // Most lines fit.
        bytes.reserveCapacity(320)
    }

    mutating func add(_ name: StaticString, _ text: String?) {
        begin(name)
        guard let text else { return bytes.append(contentsOf: "null".utf8) }
        append(quoted: text)
    }

    mutating func add(_ name: StaticString, _ number: Int) {
        begin(name)
        bytes.append(contentsOf: String(number).utf8)
    }

    mutating func add(_ name: StaticString, _ truth: Bool) {
        begin(name)
        bytes.append(contentsOf: (truth ? "true" : "false").utf8)
    }

    /// An object of texts; nil: null.
    mutating func add(_ name: StaticString, _ members: [(name: String, value: String?)]?) {
        begin(name)
        guard let members else { return bytes.append(contentsOf: "null".utf8) }
        bytes.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(quoted: member.name)
            bytes.append(UInt8(ascii: ":"))
            if let value = member.value {
                append(quoted: value)
            } else {
                bytes.append(contentsOf: "null".utf8)
            }
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Milliseconds with three decimals, from microseconds.
    mutating func add(_ name: StaticString, milliseconds microseconds: Int) {
        begin(name)
        let rest = String(microseconds % 1000)
        bytes.append(contentsOf: "\(microseconds / 1000).".utf8)
        bytes.append(
            contentsOf: repeatElement(UInt8(ascii: "0"), count: max(3 - rest.utf8.count, 0)))
        bytes.append(contentsOf: rest.utf8)
    }

    /// The time now, UTC, as in `2026-03-01T12:00:00.123Z`.
    mutating func addTime() {
        begin("timestamp")
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        gmtime_r(&now.tv_sec, &parts)
        bytes.append(UInt8(ascii: "\""))
        append(Int(parts.tm_year) + 1900, digits: 4)
        append("-", Int(parts.tm_mon) + 1)
        append("-", Int(parts.tm_mday))
        append("T", Int(parts.tm_hour))
        append(":", Int(parts.tm_min))
        append(":", Int(parts.tm_sec))
        bytes.append(UInt8(ascii: "."))
        append(now.tv_nsec / 1_000_000, digits: 3)
        bytes.append(contentsOf: "Z\"".utf8)
    }

    /// The line with its end.
    consuming func finished() -> [UInt8] {
        bytes.append(contentsOf: "}\n".utf8)
        return bytes
    }

    private mutating func begin(_ name: StaticString) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: "\":".utf8)
    }

    private mutating func append(_ separator: Unicode.Scalar, _ number: Int) {
        bytes.append(UInt8(ascii: separator))
        append(number, digits: 2)
    }

    private mutating func append(_ number: Int, digits: Int) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    private mutating func append(quoted text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20, 0x7f:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(Self.hexDigits[Int(byte >> 4)])
                bytes.append(Self.hexDigits[Int(byte & 15)])
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
