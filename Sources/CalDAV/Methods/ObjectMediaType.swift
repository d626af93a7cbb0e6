import WebDAV

/// The Content-Type of an object that a client sends.
struct ObjectMediaType {
    private(set) var charset = Charset.utf8

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
            let pair = parameter.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2 else { continue }
            switch pair[0] {
            case "charset":
                guard let charset = Charset(named: pair[1]) else {
                    throw RequestError(
                        .supportedCalendarData, "The charset \(pair[1]) is not known here.")
                }
                mediaType.charset = charset
            case "version" where pair[1] != "2.0":
                throw RequestError(.supportedCalendarData, "The version has to be 2.0.")
            default: break
            }
        }
        return mediaType
    }
}
