import ICalendar

/// A to-do as an event, for subscribers that take events alone.
enum TodoAsEvent {
    /// Nil for one without any date, which no day of a calendar could show.
    static func event(of todo: Component) -> Component? {
        let due = todo.first("DUE")
        guard todo.has("DTSTART") || due != nil else { return nil }
        var event = Component(name: "VEVENT")
        event.components = todo.components
        for property in todo.properties {
            switch property.name {
            case "DUE": event.properties += end(due: property, of: todo)
            case "STATUS": event.append(property.with(raw: status(property.text)))
            case "SUMMARY": event.append(property.with(text: summary(property.text, of: todo)))
            case "COMPLETED", "PERCENT-COMPLETE": continue
            default: event.append(property)
            }
        }
        return event
    }

    /// DUE is the end; alone it is the start too, and the event has no extent but its day.
    private static func end(due: Property, of todo: Component) -> [Property] {
        guard let start = todo.first("DTSTART") else {
            return due.dateTime.map { [$0.property(named: "DTSTART")] } ?? []
        }
        // DTEND has to be later than DTSTART.
        guard let from = start.dateTime, let to = due.dateTime, from.isDate == to.isDate,
            from.civil < to.civil
        else { return [] }
        return [to.property(named: "DTEND")]
    }

    /// The words that an event's STATUS knows (RFC 5545 §3.8.1.11).
    private static func status(_ status: String) -> String {
        switch status.uppercased() {
        case "COMPLETED", "IN-PROCESS": "CONFIRMED"
        case "CANCELLED": "CANCELLED"
        default: "TENTATIVE"
        }
    }

    /// What is done is marked, since an event cannot say so.
    private static func summary(_ summary: String, of todo: Component) -> String {
        let isDone = todo.has("COMPLETED") || todo.first("STATUS")?.text.uppercased() == "COMPLETED"
        return isDone ? "\u{2713} " + summary : summary
    }
}
