import WebDAV

/// The Content-Type of an object that a client sends.
struct ObjectMediaType {
    var isLatin1 = false

    /// - Throws: `supported-calendar-data` for anything but text/calendar 2.0; none at all is taken
    ///   for it.
    static func read(_ headerField: String?) throws(RequestError) -> ObjectMediaType {
        var mediaType = ObjectMediaType()
        guard let headerField, !headerField.isEmpty else { return mediaType }
        let parts = headerField.lowercased().split(separator: ";").map { part in
            part.filter { $0 != " " && $0 != "\"" && $0 != "\t" }
        }
        guard parts.first == "text/calendar" else {
            throw RequestError(
                .supportedCalendarData, "An object has to be text/calendar.")
        }
        for parameter in parts.dropFirst() {
            switch parameter {
            case "charset=iso-8859-1", "charset=latin1", "charset=windows-1252":
                mediaType.isLatin1 = true
            case _ where parameter.hasPrefix("charset=") && !utf8Names.contains(parameter):
                throw RequestError(.supportedCalendarData, "The charset has to be UTF-8.")
            case _ where parameter.hasPrefix("version=") && parameter != "version=2.0":
                throw RequestError(.supportedCalendarData, "The version has to be 2.0.")
            default: break
            }
        }
        return mediaType
    }

    private static let utf8Names = ["charset=utf-8", "charset=utf8", "charset=us-ascii"]
}

enum Latin1 {
    static func utf8(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + bytes.count / 8)
        for byte in bytes {
            if byte < 0x80 {
                text.append(byte)
            } else {
                text.append(0xC0 | byte >> 6)
                text.append(0x80 | byte & 0x3F)
            }
        }
        return text
    }
}
