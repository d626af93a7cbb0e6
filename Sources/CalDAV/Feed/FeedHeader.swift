import ICalendar

/// The properties of a feed's VCALENDAR (RFC 7986 §5, and what went before).
///
/// No UID among them (RFC 7986 §5.3): readers of lines would take it for an event's.
struct FeedHeader {
    let calendar: CalendarRecord
    let properties: [Property]

    /// How often it is worth asking; Nextcloud asks once an hour at most.
    private static let interval = "PT1H"

    /// - Parameter source: the address, where it is no secret: a file may be passed on.
    init(_ calendar: CalendarRecord, source: String?, _ settings: ServerSettings) {
        self.calendar = calendar
        var properties = [
            Property("VERSION", raw: "2.0"),
            Property("PRODID", text: settings.productID),
            Property("CALSCALE", raw: "GREGORIAN"),
            Property("METHOD", raw: "PUBLISH"),
            Property("X-WR-CALNAME", text: calendar.displayName),
            Property("NAME", text: calendar.displayName),
        ]
        if let description = calendar.description, !description.isEmpty {
            properties.append(Property("X-WR-CALDESC", text: description))
            properties.append(Property("DESCRIPTION", text: description))
        }
        if let color = calendar.color, !color.isEmpty {
            properties.append(Property("X-APPLE-CALENDAR-COLOR", text: color))
            if let name = ColorName.nearest(to: color) {
                properties.append(Property("COLOR", text: name))
            }
        }
        properties += [
            Property("X-WR-TIMEZONE", text: calendar.timeZone),
            Property(
                "REFRESH-INTERVAL", raw: FeedHeader.interval,
                parameters: [Parameter("VALUE", "DURATION")]),
            Property("X-PUBLISHED-TTL", raw: FeedHeader.interval),
        ]
        if let source {
            properties.append(
                Property("SOURCE", raw: source, parameters: [Parameter("VALUE", "URI")]))
        }
        self.properties = properties
    }

    /// Another one for other bytes: of the calendar's revision and all that stands in the header.
    func etag(_ request: FeedRequest) -> String {
        var hash = FNV1a()
        hash.add("\(calendar.id)/\(request.identity)")
        for property in properties { hash.add(property.serialized) }
        return "feed-\(calendar.revision)-\(hash.text)"
    }
}
