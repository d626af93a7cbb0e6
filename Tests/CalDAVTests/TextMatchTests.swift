import Testing
import WebDAV

private typealias Filter = FilterXML

@Suite("text-match, RFC 4791 §9.7.5, with match-type, RFC 6352 §10.5.4")
struct TextMatchTests {
    private let site: Site

    init() throws {
        site = try Site()
        let summaries = ["plan": "Plan", "plans": "Plans of today", "all": "Today: all plan"]
        for (name, summary) in summaries {
            let text = event(
                name,
                more: "ATTENDEE;CN=\"\(summary)\";MEMBER=\"mailto:a@x\",\"mailto:b@x\":mailto:c@x")
            site.put(
                "\(name).ics", text.replacing("SUMMARY:Event \(name)", with: "SUMMARY:\(summary)"))
        }
    }

    /// By an attribute of the property, and by the same of a parameter: both give the same.
    private func found(_ text: String, _ attributes: String) throws -> [String] {
        let match = Filter.text(text, attributes)
        let byProperty = try site.names(Filter.comp("VEVENT", Filter.prop("SUMMARY", match)))
        let byParameter = try site.names(
            Filter.comp("VEVENT", Filter.prop("ATTENDEE", Filter.param("CN", match))))
        #expect(byProperty == byParameter)
        return byProperty.map { String($0.dropLast(4)) }
    }

    @Test(
        "is how the text stands in the value, anywhere where nothing is said",
        arguments: [
            ("plan", "", ["all", "plan", "plans"]),
            ("plan", "match-type=\"contains\"", ["all", "plan", "plans"]),
            ("plan", "match-type=\"equals\"", ["plan"]),
            ("plan", "match-type=\"starts-with\"", ["plan", "plans"]),
            ("PLAN", "match-type=\"ends-with\"", ["all", "plan"]),
            ("today", "match-type=\"starts-with\"", ["all"]),
            ("plans of today and more", "match-type=\"starts-with\"", []),
            ("plans of today and more", "match-type=\"ends-with\"", []),
            ("", "match-type=\"equals\"", []),
            ("", "match-type=\"starts-with\"", ["all", "plan", "plans"]),
        ])
    func types(text: String, attributes: String, names: [String]) throws {
        #expect(try found(text, attributes) == names)
    }

    @Test(
        "is judged by the collation",
        arguments: [
            ("plan", "equals", []), ("Plan", "equals", ["plan"]),
            ("Plan", "starts-with", ["plan", "plans"]), ("plan", "ends-with", ["all"]),
            ("plan", "contains", ["all"]),
        ])
    func octet(text: String, type: String, names: [String]) throws {
        let attributes = "collation=\"i;octet\" match-type=\"\(type)\""
        #expect(try found(text, attributes) == names)
    }

    @Test(
        "is turned round by negate-condition",
        arguments: [
            ("equals", ["all", "plans"]), ("starts-with", ["all"]), ("ends-with", ["plans"]),
            ("contains", []),
        ])
    func negated(type: String, names: [String]) throws {
        #expect(try found("plan", "negate-condition=\"yes\" match-type=\"\(type)\"") == names)
    }

    @Test("of a list, is of one of its values: of a property's and of a parameter's")
    func lists() throws {
        site.put("list.ics", event("list", more: "CATEGORIES:Call,Work\\, at home"))
        let categories = { (text: String, attributes: String) in
            try site.names(
                Filter.comp("VEVENT", Filter.prop("CATEGORIES", Filter.text(text, attributes))))
        }
        for value in ["call", "work, at home"] {
            #expect(try categories(value, "match-type=\"equals\"") == ["list.ics"])
            let negated = "match-type=\"equals\" negate-condition=\"yes\""
            #expect(try categories(value, negated) == [])
        }
        #expect(try categories("work", "match-type=\"starts-with\"") == ["list.ics"])
        #expect(try categories("work", "match-type=\"equals\"") == [])
        let member = Filter.param("MEMBER", Filter.text("mailto:b@x", "match-type=\"equals\""))
        let found = try site.names(Filter.comp("VEVENT", Filter.prop("ATTENDEE", member)))
        #expect(found.count == 3)
    }

    @Test("is of the text, not of how iCalendar writes it")
    func escapes() throws {
        site.put("escaped.ics", event("escaped", more: "LOCATION:Hall\\, 2\\nRear"))
        let location = { (text: String) in
            Filter.comp(
                "VEVENT", Filter.prop("LOCATION", Filter.text(text, "match-type=\"equals\"")))
        }
        #expect(try site.names(location("hall, 2\nrear")) == ["escaped.ics"])
        #expect(try site.names(location("hall\\, 2\\nrear")) == [])
    }

    @Test("counts beside a time-range, which other servers forget")
    func besideTimeRange() throws {
        let range = Filter.range("20260101", "20270101")
        let text = Filter.prop("SUMMARY", Filter.text("plan", "match-type=\"equals\""))
        #expect(try site.names(Filter.comp("VEVENT", range + text)) == ["plan.ics"])
    }
}
