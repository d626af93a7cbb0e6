import ICalendar

/// The properties of a feed's VCALENDAR.
enum FeedHeader {
    /// How often it is worth asking; Nextcloud asks once an hour at most.
    private static let interval = "PT1H"

    static func properties(
        of calendar: CalendarRecord, _ settings: ServerSettings
    ) -> [Property] {
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
                "REFRESH-INTERVAL", raw: interval, parameters: [Parameter("VALUE", "DURATION")]),
            Property("X-PUBLISHED-TTL", raw: interval),
        ]
        return properties
    }

    /// Another one for other bytes: of the calendar's revision and all that stands in the header.
    static func etag(
        of calendar: CalendarRecord, _ request: FeedRequest, _ settings: ServerSettings
    ) -> String {
        var hash = FNV1a()
        hash.add("\(calendar.id)/\(request.identity)")
        for property in properties(of: calendar, settings) { hash.add(property.serialized) }
        return "feed-\(calendar.revision)-\(hash.text)"
    }
}
