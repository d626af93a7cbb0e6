package import ICalendar

package enum ObjectSelection: Sendable {
    case all
    /// Those of the names that exist, in any order.
    case names([String])
    /// Objects of a component type (nil: any) that may have an instance in the range: a superset.
    ///
    /// Seconds since 1970, UTC, end exclusive; `Int64.min` and `.max` for open ends.
    case overlapping(Range<Int64>, component: String?)
    /// Events and free/busy that may take time in the range, a superset; with content asked for,
    /// the text comes only where `ObjectRow.soleInstance` does not say what it is to somebody of
    /// these addresses.
    case busy(Range<Int64>, AddressSet)
    case component(String)
}

/// Which changes of a calendar's objects are wanted.
package struct ChangeSpan: Sendable {
    /// `caldav_calendars.id`, of a calendar that may be gone.
    package var calendar: Int64
    /// Objects that changed after a revision; nil for none, 0 for all.
    package var objectsAfter: Int64?
    /// Objects that were removed after a revision; nil for none.
    package var removedAfter: Int64?
    /// A calendar whose own names are not told as removed: it has taken the address.
    package var unlessIn: Int64?
    /// At most so many rows, as far as one calendar goes; nil for all.
    package var limit: Int?

    package init(
        calendar: Int64, objectsAfter: Int64? = nil, removedAfter: Int64? = nil,
        unlessIn: Int64? = nil, limit: Int? = nil
    ) {
        self.calendar = calendar
        self.objectsAfter = objectsAfter
        self.removedAfter = removedAfter
        self.unlessIn = unlessIn
        self.limit = limit
    }
}

/// Objects as they arrive from the store.
package protocol ObjectCursor: AnyObject {
    /// The next object, or nil at the end.
    func next() throws(StorageError) -> ObjectRow?
}

extension ObjectStore {
    /// Objects of one or several calendars; of one, the rows need not say which it is.
    func listing(
        _ calendars: [CalendarRecord], _ selection: ObjectSelection, content: Bool
    ) throws(StorageError) -> any ObjectCursor {
        calendars.count == 1
            ? try objects(in: calendars[0], selection, content: content)
            : try objects(in: calendars, selection, content: content)
    }
}

extension ObjectRow {
    /// Which of the calendars of a listing it is in.
    func calendar(of calendars: [CalendarRecord]) -> CalendarRecord? {
        calendars.count == 1 ? calendars[0] : calendars.first { $0.id == calendar }
    }

    func isIn(_ calendar: CalendarRecord) -> Bool {
        self.calendar == 0 || self.calendar == calendar.id
    }
}
