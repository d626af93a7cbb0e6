/// Paths in addresses: percent-encoding (RFC 3986), the same way every time.
package enum Href {
    /// Appends the bytes of one segment; everything but unreserved characters is encoded, so that
    /// equal names give equal hrefs.
    package static func append(
        segment: some Sequence<UInt8>, to buffer: inout [UInt8]
    ) {
        for byte in segment {
            if isUnreserved[Int(byte)] {
                buffer.append(byte)
            } else {
                buffer.append(UInt8(ascii: "%"))
                buffer.append(hexDigits[Int(byte >> 4)])
                buffer.append(hexDigits[Int(byte & 15)])
            }
        }
    }

    /// The same for bytes lent by a listing.
    package static func append(segment: UnsafeRawBufferPointer, to buffer: inout [UInt8]) {
        var start = 0
        isUnreserved.withUnsafeBufferPointer { isUnreserved in
            for index in 0..<segment.count where !isUnreserved[Int(segment[index])] {
                buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: segment[start..<index]))
                append(segment: CollectionOfOne(segment[index]), to: &buffer)
                start = index + 1
            }
        }
        buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: segment[start...]))
    }

    package static func encode(segment: String) -> String {
        var buffer: [UInt8] = []
        append(segment: segment.utf8, to: &buffer)
        return String(decoding: buffer, as: UTF8.self)
    }

    /// Decoded segments of a path below the base path.
    ///
    /// An encoded slash stays inside its segment, `+` is itself, and one slash at the end counts
    /// for nothing.
    /// - Throws: 400 for empty, `.` and `..` segments, bytes that are not UTF-8, control
    ///   characters other than white space, and broken escapes.
    package static func segments(of path: some StringProtocol) throws(RequestError) -> [String] {
        var bytes = Array(path.utf8)
        if bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        if bytes.isEmpty { return [] }
        var segments: [String] = []
        for part in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let segment = decode(part), !segment.isEmpty, segment != ".", segment != ".."
            else { throw RequestError(.badRequest, "That path cannot be read.") }
            segments.append(segment)
        }
        return segments
    }

    /// Nil for broken escapes, bytes that are not UTF-8, and control characters other than encoded
    /// tabs and line ends: there are UIDs that end in one, and clients that make a name of them.
    package static func decode(_ encoded: some Collection<UInt8>) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encoded.count)
        var rest = encoded.makeIterator()
        while let byte = rest.next() {
            var byte = byte
            var isSpace = false
            if byte == UInt8(ascii: "%") {
                guard let high = rest.next().flatMap(hexValue),
                    let low = rest.next().flatMap(hexValue)
                else { return nil }
                byte = high << 4 | low
                isSpace = byte == 9 || byte == 10 || byte == 13
            }
            guard isSpace || byte >= 32 && byte != 127 else { return nil }
            bytes.append(byte)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The path of an href as a client writes it: an absolute path, or an address with scheme and
    /// authority, which are dropped, as is a query. Nil for anything else.
    package static func path(of href: String) -> Substring? {
        var path = href[...]
        if href.utf8.first != UInt8(ascii: "/"), let scheme = href.firstRange(of: "://") {
            let head = href[..<scheme.lowerBound].lowercased()
            guard head == "http" || head == "https" else { return nil }
            let rest = href[scheme.upperBound...]
            path = rest.utf8.firstIndex(of: UInt8(ascii: "/")).map { rest[$0...] } ?? "/"
        }
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        let end = path.utf8.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        return path[..<(end ?? path.endIndex)]
    }

    /// The last segment of a path that is `prefix` and one segment more, of nothing but unreserved
    /// characters; nil for every other path.
    package static func plainSegment(of path: String, behind prefix: [UInt8]) -> String? {
        var path = path
        let name = path.withUTF8 { bytes -> String? in
            let segment = bytes.dropFirst(prefix.count)
            guard !segment.isEmpty, prefix.elementsEqual(bytes.prefix(prefix.count)),
                isUnreserved.withUnsafeBufferPointer({ known in
                    segment.allSatisfy { known[Int($0)] }
                })
            else { return nil }
            return String(decoding: segment, as: UTF8.self)
        }
        return name == "." || name == ".." ? nil : name
    }

    private static let hexDigits = Array("0123456789ABCDEF".utf8)

    private static let isUnreserved: [Bool] = (0..<256).map { code in
        let byte = UInt8(code)
        return switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
            UInt8(ascii: "@"):
            // `@` may stand in a path; user names often have it, and clients leave it alone.
            true
        default: false
        }
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension String {
    /// The first place where `pattern` stands, compared by bytes.
    fileprivate func firstRange(of pattern: String) -> Range<String.Index>? {
        let pattern = Array(pattern.utf8)
        var start = utf8.startIndex
        while start != utf8.endIndex {
            if utf8[start...].starts(with: pattern) {
                return start..<utf8.index(start, offsetBy: pattern.count)
            }
            start = utf8.index(after: start)
        }
        return nil
    }
}
