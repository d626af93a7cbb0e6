import ICalendar
import MariaDB

/// What the objects table keeps of a text beside the text itself.
struct ObjectText {
    let bytes: [UInt8]
    /// The same for the same bytes.
    let etag: String
    let uid: String
    let uidHash: [UInt8]
    /// Upper case name of the component.
    let component: String
    /// UTC seconds; see `CalendarObject.span`.
    let span: (first: Int64, last: Int64)
    /// What the text need not be read for; see `SoleInstance`.
    let soleInstance: SoleInstance?
    let sequence: Int64

    /// - Parameter floating: the calendar's zone.
    init(_ object: CalendarObject, bytes: [UInt8], floating: Zone) {
        self.bytes = bytes
        etag = ObjectText.etag(of: bytes)
        uid = object.uid
        uidHash = Digest.sha256(Array(object.uid.utf8))
        component = object.kind.name
        soleInstance = object.soleInstance
        // No calendar's zone moves a sole instance.
        span = soleInstance.map { ($0.start, $0.end) } ?? object.span(floating: floating)
        sequence = Int64(object.principalComponent.first("SEQUENCE")?.integer ?? 0)
    }

    /// Values of the columns first_start, last_end, busy and attendees.
    var spanValues: [Value] {
        [
            .int(span.first), .int(span.last), .int(Int64(soleInstance.busyColumn)),
            .int(Int64(bitPattern: soleInstance?.attendees.bits ?? 0)),
        ]
    }

    static func etag(of bytes: [UInt8]) -> String {
        Digest.hex(Digest.sha256(bytes).prefix(16))
    }
}

extension SoleInstance? {
    /// Its value in the column `busy`.
    fileprivate var busyColumn: Int {
        switch self {
        case nil: -1
        case let instance?: instance.busy.map { $0.rawValue + 1 } ?? 0
        }
    }
}

extension SoleInstance {
    /// What a row's columns say, first_start, last_end, busy and attendees; nil where only the text
    /// does.
    init?(_ cursor: Cursor, at first: Int) {
        guard let start = cursor.int(first), let end = cursor.int(first + 1),
            let busy = cursor.int(first + 2), (0...3).contains(busy)
        else { return nil }
        self.init(
            start: start, end: end, busy: FreeBusy.Kind(rawValue: Int(busy) - 1),
            attendees: AddressSet(bits: UInt64(bitPattern: cursor.int(first + 3) ?? 0)))
    }
}
