import ICalendar

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
    let sequence: Int64

    /// - Parameter floating: the calendar's zone.
    init(_ object: CalendarObject, bytes: [UInt8], floating: Zone) {
        self.bytes = bytes
        etag = ObjectText.etag(of: bytes)
        uid = object.uid
        uidHash = Digest.sha256(Array(object.uid.utf8))
        component = object.kind.name
        span = object.span(floating: floating)
        sequence = Int64(object.principalComponent.first("SEQUENCE")?.integer ?? 0)
    }

    static func etag(of bytes: [UInt8]) -> String {
        Digest.hex(Digest.sha256(bytes).prefix(16))
    }
}
