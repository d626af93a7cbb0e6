/// A collection in a home, as a sync report of the home compares it.
struct HomeMember {
    enum Content {
        case calendar(CalendarRecord)
        case place(HomePlace)
    }

    let content: Content

    /// Of a calendar; 0 of any other collection.
    var id: Int64 { calendar?.id ?? 0 }

    /// The last segment of its path.
    var uri: String {
        switch content {
        case .calendar(let calendar): calendar.uri
        case .place(let place): place.rawValue
        }
    }

    /// Of the latest change of what is in it.
    var revision: Int64 { calendar?.revision ?? 1 }

    /// Another one after changes that take no revision.
    var digest: String { calendar?.columnsDigest ?? "0" }

    var calendar: CalendarRecord? {
        if case .calendar(let calendar) = content { calendar } else { nil }
    }

    /// What stands in a home, by ascending id.
    static func all(_ calendars: [CalendarRecord], in person: Person) -> [HomeMember] {
        let places = person.isViewer ? HomePlace.allCases : []
        return places.map { HomeMember(content: .place($0)) }
            + calendars.sorted { $0.id < $1.id }.map { HomeMember(content: .calendar($0)) }
    }
}
