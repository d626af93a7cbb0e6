import CalDAV
import RemoteSync
import Testing

@Suite("What is told to another server in Open Cloud Mesh")
struct ShareMessageTests {
    private func offer(
        _ change: (inout CalendarRecord) -> Void = { _ in }, access: FederatedAccess = .readWrite
    ) -> JSONValue {
        var calendar = CalendarRecord(
            id: 1, owner: "anna", uri: "projects", displayName: "Projects \u{1F4C5}",
            description: nil, color: "#3366CC", timeZone: "UTC", components: ["VEVENT", "VTODO"],
            revision: 1, floor: 1, isProtected: false)
        change(&calendar)
        let offer = ShareMessage.Offer(
            shareWith: "otto@cloud.example", owner: "anna@crm.example", ownerName: "Anna A.",
            calendar: calendar, address: "https://crm.example/caldav/calendars/anna/projects/",
            secret: "s3cret", access: access)
        return offer.json
    }

    @Test("an offer has every field that Nextcloud reads")
    func whole() {
        let json = offer()
        #expect(json["shareWith"] == "otto@cloud.example")
        #expect(json["shareType"] == "user")
        #expect(json["resourceType"] == "calendar")
        #expect(json["providerId"] == "calendar")
        #expect(json["name"] == "projects")
        #expect(json["owner"] == "anna@crm.example")
        #expect(json["ownerDisplayName"] == "Anna A.")
        #expect(json["sharedBy"] == "anna@crm.example")
        #expect(json["sharedByDisplayName"] == "Anna A.")
        let proto = json["protocol"]
        #expect(proto?["name"] == "caldav")
        #expect(proto?["version"] == "v1")
        #expect(proto?["options"]?["sharedSecret"] == "s3cret")
        #expect(proto?["url"] == "https://crm.example/caldav/calendars/anna/projects/")
        #expect(proto?["displayName"] == "Projects \u{1F4C5}")
        #expect(proto?["color"] == "#3366CC")
        #expect(proto?["access"] == 2)
        #expect(proto?["components"] == "VEVENT,VTODO")
        #expect(offer(access: .read)["protocol"]?["access"] == 3)
    }

    @Test(
        "colours have seven characters, or there is none",
        arguments: [
            ("#3366CC", "#3366CC"), ("#3366CCFF", "#3366CC"), ("#36C", "#3366CC"),
            ("#36CF", "#3366CC"), ("red", nil), ("#33", nil), ("#GGGGGG", nil), (nil, nil),
        ] as [(String?, String?)])
    func color(written: String?, sent: String?) {
        let color = offer { $0.color = written }["protocol"]?["color"]
        #expect(color == sent.map(JSONValue.string) ?? .null)
    }

    @Test("names have 255 characters at most, and never none")
    func names() {
        let long = offer { $0.displayName = String(repeating: "\u{1F4C5}", count: 300) }
        let sent = long["protocol"]?["displayName"]?.string
        #expect(sent?.unicodeScalars.count == 255)
        #expect(offer { $0.displayName = "" }["protocol"]?["displayName"] == "projects")
    }

    @Test("a notification of a change")
    func changed() {
        let json = ShareMessage.changed(
            "https://crm.example/caldav/calendars/anna/projects/",
            sharedWith: "otto@cloud.example", secret: "s3cret")
        #expect(
            json == [
                "notificationType": "SYNC_CALENDAR", "resourceType": "calendar",
                "providerId": "calendar",
                "notification": [
                    "sharedSecret": "s3cret", "shareWith": "otto@cloud.example",
                    "calendarUrl": "https://crm.example/caldav/calendars/anna/projects/",
                ],
            ])
    }

    @Test("is JSON that reads back as it was")
    func text() {
        let value: JSONValue = [
            "b": ["\"\\\n\u{7}\u{E4}\u{1F4C5}", 2, true, .null, [], [:]], "a": "/",
        ]
        #expect(JSONValue(parsing: value.text) == value)
        #expect(value.text.starts(with: #"{"a":"/","b":["#.utf8))
    }
}
