import Testing

@testable import CalDAV

@Suite("A feed copies the lines of plain objects")
struct FeedLinesTests {
    private func text(_ lines: [String]) -> String { lines.map { $0 + "\r\n" }.joined() }

    private let event = [
        "BEGIN:VEVENT", "UID:1", "DTSTART;TZID=Europe/Berlin:20260101T100000",
        "SUMMARY;LANGUAGE=de:Anruf", " und mehr", "END:VEVENT",
    ]

    /// What is appended; nil where the text has to be read.
    private func copied(
        _ object: String, takesTodos: Bool = true, zones: Set<String> = ["Europe/Berlin"]
    ) -> String? {
        var buffer = Array("before ".utf8)
        let isCopied = Array(object.utf8).withUnsafeBytes {
            FeedLines(takesTodos: takesTodos).append(
                $0, to: &buffer, isDefined: zones.contains)
        }
        let all = String(decoding: buffer, as: UTF8.self)
        #expect(all.hasPrefix("before "))
        #expect(isCopied || all == "before ", "nothing is left of what was given up")
        return isCopied ? String(all.dropFirst("before ".count)) : nil
    }

    private func object(_ members: [String]) -> String {
        text(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x"] + members + ["END:VCALENDAR"])
    }

    @Test func withoutCalendarAndZone() {
        let zone = [
            "BEGIN:VTIMEZONE", "TZID:Europe/Berlin", "BEGIN:STANDARD", "END:STANDARD",
            "END:VTIMEZONE",
        ]
        #expect(copied(object(zone + event)) == text(event))
    }

    @Test func withItsOverrides() {
        #expect(copied(object(event + event)) == text(event + event))
    }

    @Test func readsTheFirstObjectOfAZone() {
        #expect(copied(object(event), zones: []) == nil)
    }

    @Test func ofToDosWhereTheyGoAsTheyAre() {
        let todo = ["BEGIN:VTODO", "UID:1", "SUMMARY:x", "END:VTODO"]
        #expect(copied(object(todo)) == text(todo))
        #expect(copied(object(todo), takesTodos: false) == nil)
    }

    @Test(arguments: [
        ["BEGIN:VEVENT", "UID:1", "BEGIN:VALARM", "END:VALARM", "END:VEVENT"],
        ["BEGIN:VEVENT", "SUMMARY:no UID", "END:VEVENT"],
        ["BEGIN:VEVENT", "UID:1", "UID:2", "END:VEVENT"],
        ["BEGIN:VEVENT", "UID;X-A=b:1", "END:VEVENT"],
        ["BEGIN:VEVENT", "UID:1", " 2", "END:VEVENT"],
        ["BEGIN:VEVENT", "UID:1", "no value", "END:VEVENT"],
        ["BEGIN:VEVENT", "uid:1", "END:VEVENT"],
        ["BEGIN:VEVENT", "UID:1", "END:VTODO"],
        ["BEGIN:VEVENT", "UID:1"],
        ["BEGIN:X-OWN", "UID:1", "END:X-OWN"],
        ["BEGIN:VEVENT", "UID:1", "DTSTART;TZID=\"Europe/Berlin\":20260101T100000", "END:VEVENT"],
        ["BEGIN:VEVENT", "UID:1", "DTSTART;tzid=Europe/Berlin:20260101T100000", "END:VEVENT"],
        ["BEGIN:VEVENT", "UID:1", "X-TIME;TZID=Europe/Berlin:20260101T100000", "END:VEVENT"],
        ["BEGIN:VEVENT", "UID:1", "DTSTART;TZID=Europe/", " Berlin:20260101T100000", "END:VEVENT"],
    ])
    func readsWhatIsNotPlain(member: [String]) {
        #expect(copied(object(member)) == nil)
    }

    @Test(arguments: ["\n", "\r", "\r\r\n"])
    func readsOtherLineEnds(end: String) {
        let lines = ["BEGIN:VCALENDAR"] + event + ["END:VCALENDAR"]
        #expect(copied(lines.map { $0 + end }.joined()) == nil)
    }

    @Test func readsWhatGoesOnAfterItsEnd() {
        #expect(copied(object(event) + "X:1\r\n") == nil)
        #expect(copied(String(object(event).dropLast(2))) == nil)
        #expect(copied("") == nil)
    }
}
