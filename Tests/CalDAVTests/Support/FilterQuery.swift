import Testing
import XML

extension Site {
    /// A calendar-query of anna's default calendar.
    ///
    /// - Parameter filter: what stands inside the comp-filter of VCALENDAR.
    func filter(_ filter: String) -> Answer {
        send(
            "REPORT", "calendars/anna/crm-tasks/", fields: [("Depth", "1")],
            body: """
                <c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">\
                <d:prop><d:getetag/></d:prop><c:filter><c:comp-filter name="VCALENDAR">\(filter)\
                </c:comp-filter></c:filter></c:calendar-query>
                """)
    }

    /// The names of the objects that a filter inside VCALENDAR finds.
    func names(_ filter: String) throws -> [String] {
        let answer = self.filter(filter)
        #expect(answer.status == 207)
        return try answer.responses().keys.compactMap { $0.split(separator: "/").last }
            .map(String.init).sorted()
    }
}

/// Elements of CALDAV:filter.
enum FilterXML {
    static func comp(_ name: String, _ inside: String = "") -> String {
        "<c:comp-filter name=\"\(name)\">\(inside)</c:comp-filter>"
    }

    static func prop(_ name: String, _ inside: String = "") -> String {
        "<c:prop-filter name=\"\(name)\">\(inside)</c:prop-filter>"
    }

    static func param(_ name: String, _ inside: String = "") -> String {
        "<c:param-filter name=\"\(name)\">\(inside)</c:param-filter>"
    }

    /// - Parameter attributes: as they are written.
    static func text(_ text: String, _ attributes: String = "") -> String {
        "<c:text-match \(attributes)>\(text)</c:text-match>"
    }

    /// From midnight to midnight, UTC.
    static func range(_ start: String, _ end: String) -> String {
        "<c:time-range start=\"\(start)T000000Z\" end=\"\(end)T000000Z\"/>"
    }
}
