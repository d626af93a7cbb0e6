/// What is asked of a server.
package struct HTTPRequest: Sendable {
    package var method: String
    package var address: WebAddress
    package var fields: [(name: String, value: String)] = []
    package var body: [UInt8] = []

    package init(_ method: String, _ address: WebAddress) {
        self.method = method
        self.address = address
    }

    package mutating func set(_ name: String, _ value: String) {
        fields.append((name, value))
    }
}

package struct HTTPResponse: Sendable {
    package var status: Int
    /// Names in lower case.
    package var fields: [(name: String, value: String)] = []
    package var body: [UInt8] = []

    package init(
        status: Int, fields: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The last of that name, given in lower case.
    package func field(_ name: String) -> String? {
        fields.last { $0.name == name }?.value
    }

    /// Opaque tag without quotes and without what compression adds to it; nil where there is none.
    package var etag: String? {
        (field("etag") ?? field("oc-etag")).flatMap(ETag.normalized)
    }

    /// Seconds that the server asks to be left alone (RFC 9110 §10.2.3).
    ///
    /// - Parameter now: seconds since 1970, for the form with a date.
    package func retryAfter(now: Int64) -> Int64? {
        guard let text = field("retry-after") else { return nil }
        if let seconds = Int64(text) { return min(max(seconds, 0), 86_400) }
        return HTTPDate.seconds(of: text).map { min(max($0 - now, 0), 86_400) }
    }
}

/// Why there is no answer.
package struct TransportError: Error, Sendable {
    package enum Kind: Sendable {
        /// The server's certificate is not to be trusted: nothing was sent.
        case certificate
        /// No connection, or none in time: nothing was sent.
        case unreachable
        /// The connection broke or was too slow: whether the request was carried out is unknown.
        case interrupted
        /// More bytes than we take.
        case tooLarge
        /// `OutgoingPolicy` does not allow to go there: nothing was sent.
        case forbidden
        /// This machine has no libcurl.
        case noLibrary
    }

    package let kind: Kind
    package let reason: String
}

/// Entity tags as they are compared here (RFC 9110 §8.8.3).
package enum ETag {
    /// Without weakness, quotes and the suffixes by which web servers mark a compressed answer.
    package static func normalized(_ field: String) -> String? {
        var tag = field.utf8[...]
        while let last = tag.last, last == 32 || last == 9 { tag.removeLast() }
        while let first = tag.first, first == 32 || first == 9 { tag.removeFirst() }
        if tag.starts(with: "W/".utf8) { tag.removeFirst(2) }
        if tag.count >= 2, tag.first == UInt8(ascii: "\""), tag.last == UInt8(ascii: "\"") {
            tag = tag.dropFirst().dropLast()
        }
        for suffix in ["-gzip", ";gzip", "-br", "--gzip"] where tag.count > suffix.utf8.count {
            if tag.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) {
                tag.removeLast(suffix.utf8.count)
                break
            }
        }
        return tag.isEmpty ? nil : String(Substring(tag))
    }
}

/// The date of a header field (RFC 9110 §5.6.7), in its one form of today.
enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`; nil for anything else.
    static func seconds(of text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, let day = Int64(parts[1]), (1...31).contains(day),
            let month = months.firstIndex(of: String(parts[2])), let year = Int64(parts[3]),
            (1970...9999).contains(year)
        else { return nil }
        let time = parts[4].split(separator: ":").compactMap { Int64($0) }
        guard time.count == 3, time.allSatisfy({ (0...60).contains($0) }) else { return nil }
        // Days from the civil calendar, with the year beginning in March.
        let m = Int64(month + 1)
        let y = m > 2 ? year : year - 1
        let era = y / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return days * 86_400 + time[0] * 3600 + time[1] * 60 + time[2]
    }
}
