import WebDAV

extension CalendarFormat {
    /// The form that a client would rather have (RFC 9110 §12.5.1): iCalendar, unless Accept puts
    /// another above it.
    static func preferred(in request: Request) -> CalendarFormat {
        guard let accept = request.fields["accept"]?.lowercased() else { return .iCalendar }
        let ranges = accept.split(separator: ",").map(MediaRange.init)
        var best = (format: CalendarFormat.iCalendar, weight: 0)
        for format in allCases {
            let weight =
                ranges.filter { $0.covers(format) }
                .max { $0.precision < $1.precision }?.weight ?? 0
            if weight > best.weight { best = (format, weight) }
        }
        return best.format
    }

    /// Another form of an object is another representation, with an ETag of its own.
    func etag(of etag: String) -> String {
        self == .iCalendar ? etag : etag + "-" + fileExtension
    }

    /// The ETag of the object, by the one of any of its forms.
    static func objectETag(_ etag: String) -> String {
        for format in [jCal, xCal] {
            let suffix = "-" + format.fileExtension
            if etag.hasSuffix(suffix) { return String(etag.dropLast(suffix.count)) }
        }
        return etag
    }
}

/// One item of Accept.
private struct MediaRange {
    private let type: Substring
    private let subtype: Substring
    /// 0 to 1000.
    let weight: Int

    init(_ item: Substring) {
        let parts = item.split(separator: ";").map { part in
            part.drop { $0 == " " || $0 == "\t" }
        }
        let names = (parts.first ?? "").split(separator: "/", maxSplits: 1)
        type = names.first ?? ""
        subtype = names.count > 1 ? names[1].prefix { $0 != " " && $0 != "\t" } : ""
        let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap {
            Double($0.dropFirst(2).prefix { $0 != " " })
        }
        weight = quality.map { $0.isNaN ? 0 : Int(min(max($0, 0), 1) * 1000) } ?? 1000
    }

    /// How much of a media type it names.
    var precision: Int { (type == "*" ? 0 : 1) + (subtype == "*" ? 0 : 1) }

    func covers(_ format: CalendarFormat) -> Bool {
        let names = format.mediaType.split(separator: "/")
        return (type == "*" || type == names[0]) && (subtype == "*" || subtype == names[1])
    }
}
