import ICalendar
import Testing

@Suite("Calendar object resources, RFC 4791 §4.1")
struct ObjectRuleTests {
    @Test(
        arguments: [
            ("METHOD:REQUEST\nBEGIN:VEVENT\nUID:1\nEND:VEVENT", .hasMethod, "METHOD"),
            ("BEGIN:VTIMEZONE\nTZID:x\nEND:VTIMEZONE", .noComponent, nil),
            ("BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT", .missingUID, "UID"),
            ("BEGIN:VEVENT\nUID:\nEND:VEVENT", .missingUID, "UID"),
            (
                "BEGIN:VEVENT\nUID:1\nEND:VEVENT\nBEGIN:VEVENT\nUID:2\nEND:VEVENT", .severalUIDs,
                "UID"
            ),
            (
                "BEGIN:VEVENT\nUID:1\nEND:VEVENT\nBEGIN:VTODO\nUID:1\nEND:VTODO", .severalKinds,
                "VTODO"
            ),
        ] as [(String, ICalendarError.Kind, String?)])
    func refused(inside: String, kind: ICalendarError.Kind, property: String?) {
        let text = bytes("BEGIN:VCALENDAR\n\(inside)\nEND:VCALENDAR\n")
        #expect { try CalendarObject(parsing: text) } throws: {
            let error = $0 as? ICalendarError
            return error?.kind == kind && error?.property == property
        }
        #expect(Finding.all(in: text).first?.severity == .fatal)
    }

    @Test func uidIsCaseSensitive() {
        #expect(throws: ICalendarError.self) { try object("", others: "").updatedUID("a", "A") }
    }

    @Test func masterAndOverrides() throws {
        var object = try object(
            "RECURRENCE-ID:20240102T090000Z\nSUMMARY:override",
            others: "DTSTART:20240101T090000Z\nRRULE:FREQ=DAILY\nSUMMARY:master")
        #expect(object.kind == .vevent && object.uid == "1" && object.isRecurring)
        #expect(object.master?.first("SUMMARY")?.text == "master")
        #expect(object.overrides.count == 1)
        object.updateMaster { $0.set(Property("SUMMARY", text: "changed")) }
        #expect(object.principalComponent.first("SUMMARY")?.text == "changed")
        object.master = nil
        #expect(object.principalComponent.first("SUMMARY")?.text == "override")
    }

    @Test func withoutMasterTheEarliestOverrideIsThePrincipal() throws {
        let object = try object(
            "RECURRENCE-ID:20240105T090000Z\nSUMMARY:later",
            others: "RECURRENCE-ID:20240102T090000Z\nSUMMARY:earlier")
        #expect(object.master == nil)
        #expect(object.principalComponent.first("SUMMARY")?.text == "earlier")
    }

    @Test func aFileFallsIntoItsObjects() throws {
        let calendar = try Component.parse(
            bytes(
                """
                BEGIN:VCALENDAR
                METHOD:PUBLISH
                BEGIN:VTIMEZONE
                TZID:Used
                END:VTIMEZONE
                BEGIN:VTIMEZONE
                TZID:Unused
                END:VTIMEZONE
                BEGIN:VEVENT
                UID:1
                DTSTART;TZID=Used:20240101T090000
                END:VEVENT
                BEGIN:VTODO
                UID:1
                END:VTODO
                BEGIN:VEVENT
                UID:1
                RECURRENCE-ID;TZID=Used:20240102T090000
                END:VEVENT
                END:VCALENDAR

                """))
        let objects = CalendarObject.objects(of: calendar)
        #expect(objects.map(\.kind) == [.vevent, .vtodo])
        #expect(objects[0].calendar.components.map(\.name) == ["VTIMEZONE", "VEVENT", "VEVENT"])
        #expect(objects[1].calendar.components.map(\.name) == ["VTODO"])
        #expect(try objects.map { try CalendarObject(parsing: $0.serialized()).uid } == ["1", "1"])
    }
}

extension CalendarObject {
    /// The same with other UIDs, read again.
    fileprivate func updatedUID(_ first: String, _ second: String) throws -> CalendarObject {
        var calendar = calendar
        calendar.components[0].set(Property("UID", text: first))
        calendar.components[1].set(Property("UID", text: second))
        return try CalendarObject(calendar)
    }
}
