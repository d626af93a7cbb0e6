import Glibc

/// The system's zone files (RFC 8536).
enum ZoneFile {
    /// Reads a zone by its IANA name; nil where there is no such file, or no zone in it.
    static func zone(named name: String) -> Zone? {
        guard isPlain(name), let bytes = contents(of: "\(directory)/\(name)") else { return nil }
        return TZif(bytes)?.rules(name: name).map { Zone(rules: $0) }
    }

    private static let directory: String = {
        guard let value = getenv("TZDIR") else { return "/usr/share/zoneinfo" }
        return String(cString: value)
    }()

    /// Names come from clients: nothing but letters, digits and `_+-` between slashes.
    private static func isPlain(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 64 else { return false }
        var previous = UInt8(ascii: "/")
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "/"): if previous == byte { return false }
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "+"),
                UInt8(ascii: "-"):
                break
            default: return false
            }
            previous = byte
        }
        return previous != UInt8(ascii: "/")
    }

    private static func contents(of path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        var count = 0
        while count < bytes.count {
            let room = bytes.count - count
            let got = bytes.withUnsafeMutableBytes { buffer in
                buffer.baseAddress.map { read(descriptor, $0 + count, room) } ?? -1
            }
            guard got > 0 else { break }
            count += got
        }
        return count > 0 ? Array(bytes[..<count]) : nil
    }
}

/// A file of the format TZif, versions 1 to 4.
struct TZif {
    private var types: [ZoneRules.LocalType] = []
    private var changes: [ZoneRules.Change] = []
    private var footer = ""

    /// Nil for bytes that are no such file.
    init?(_ bytes: [UInt8]) {
        guard let first = Header(bytes, at: 0) else { return nil }
        if first.version >= 2 {
            guard let second = Header(bytes, at: first.end(timeSize: 4)),
                read(bytes, second, timeSize: 8)
            else { return nil }
            let end = second.end(timeSize: 8)
            if end < bytes.count, bytes[end] == ASCII.lf {
                let line = bytes[(end + 1)...].prefix { $0 != ASCII.lf }
                footer = ASCII.decode(line)
            }
        } else {
            guard read(bytes, first, timeSize: 4) else { return nil }
        }
    }

    private struct Header {
        let version: Int
        let start: Int
        let isUTCount, isStandardCount, leapCount, timeCount, typeCount, characterCount: Int

        init?(_ bytes: [UInt8], at offset: Int) {
            guard offset >= 0, bytes.count - offset >= 44,
                bytes[offset..<(offset + 4)].elementsEqual("TZif".utf8)
            else { return nil }
            let digit = bytes[offset + 4]
            version = digit >= 0x30 && digit <= 0x39 ? Int(digit - 0x30) : 1
            func count(_ index: Int) -> Int {
                Int(TZif.integer(bytes, at: offset + 20 + 4 * index, size: 4))
            }
            isUTCount = count(0)
            isStandardCount = count(1)
            leapCount = count(2)
            timeCount = count(3)
            typeCount = count(4)
            characterCount = count(5)
            start = offset + 44
            let all = [
                isUTCount, isStandardCount, leapCount, timeCount, typeCount, characterCount,
            ]
            guard all.allSatisfy({ (0...bytes.count).contains($0) }) else { return nil }
        }

        func end(timeSize: Int) -> Int {
            start + timeCount * (timeSize + 1) + typeCount * 6 + characterCount
                + leapCount * (timeSize + 4) + isStandardCount + isUTCount
        }
    }

    /// Big-endian, signed.
    private static func integer(_ bytes: [UInt8], at offset: Int, size: Int) -> Int64 {
        guard offset >= 0, offset + size <= bytes.count else { return 0 }
        var value: UInt64 = bytes[offset] & 0x80 == 0 ? 0 : .max
        for byte in bytes[offset..<(offset + size)] { value = value << 8 | UInt64(byte) }
        return Int64(bitPattern: value)
    }

    private mutating func read(_ bytes: [UInt8], _ header: Header, timeSize: Int) -> Bool {
        guard header.end(timeSize: timeSize) <= bytes.count, header.typeCount > 0 else {
            return false
        }
        let typeIndices = header.start + header.timeCount * timeSize
        let typeStart = typeIndices + header.timeCount
        let characters = typeStart + header.typeCount * 6
        for index in 0..<header.typeCount {
            let at = typeStart + index * 6
            let offset = TZif.integer(bytes, at: at, size: 4)
            // What no UTC-OFFSET could say is no zone of ours.
            guard abs(offset) < 86_400 else { return false }
            let nameAt = characters + Int(bytes[at + 5])
            let end = characters + header.characterCount
            let name = nameAt < end ? bytes[nameAt..<end].prefix { $0 != 0 } : bytes[0..<0]
            types.append(
                .init(
                    offset: Int32(offset), isDaylight: bytes[at + 4] != 0,
                    abbreviation: ASCII.decode(name)))
        }
        for index in 0..<header.timeCount {
            let type = Int(bytes[typeIndices + index])
            let instant = TZif.integer(bytes, at: header.start + index * timeSize, size: timeSize)
            guard type < types.count, instant > changes.last?.instant ?? .min else { continue }
            changes.append(.init(instant: instant, type: type))
        }
        return true
    }

    /// The table of changes up to the year 2100, by the footer after the last one in the file.
    func rules(name: String?) -> ZoneRules? {
        guard let posix = PosixZone(footer) else {
            return ZoneRules(name: name, types: types, changes: changes, repeats: false)
        }
        var types = types
        var changes = changes
        func index(_ type: ZoneRules.LocalType) -> Int {
            if let index = types.firstIndex(of: type) { return index }
            types.append(type)
            return types.count - 1
        }
        guard let daylight = posix.daylight else {
            if changes.isEmpty { types = [posix.standard] }
            return ZoneRules(name: name, types: types, changes: changes, repeats: false)
        }
        let last = changes.last?.instant ?? Int64(-1) << 40
        let lastYear = CivilDateTime(wallSeconds: last).date.year
        let firstYear = min(max(1900, lastYear - 1), Repetition.year)
        for year in firstYear..<Repetition.year {
            let toDaylight = daylight.start.wallSeconds(in: year) - Int64(posix.standard.offset)
            let toStandard = daylight.end.wallSeconds(in: year) - Int64(daylight.type.offset)
            let both = [(toDaylight, daylight.type), (toStandard, posix.standard)]
            for (instant, type) in both.sorted(by: { $0.0 < $1.0 })
            where instant > changes.last?.instant ?? last {
                changes.append(.init(instant: instant, type: index(type)))
            }
        }
        return ZoneRules(name: name, types: types, changes: changes, repeats: true)
    }
}
