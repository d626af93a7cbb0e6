import ICalendar
import Testing

@Suite("Every file is written as it was read")
struct RoundTripTests {
    @Test(arguments: Corpus.files())
    func unchanged(file: String) throws {
        let bytes = Corpus.bytes(file)
        do {
            let calendars = try Component.parseStream(bytes)
            #expect(calendars.flatMap { $0.serialized() } == bytes)
        } catch {
            #expect(error.kind == .syntax)
            #expect(!error.reason.isEmpty)
            #expect(error.line > 0)
        }
    }

    @Test(arguments: Corpus.files(in: ["ical4j/valid", "davx5", "nextcloud-calendar"]))
    func oneChangedPropertyChangesItsLineOnly(file: String) throws {
        let bytes = Corpus.bytes(file)
        guard var calendar = try? Component.parse(bytes), !calendar.components.isEmpty else {
            return
        }
        let index = calendar.components.count - 1
        guard let old = calendar.components[index].properties.first else { return }
        let new = old.with(raw: "changed")
        calendar.components[index].replaceFirst(where: { $0 == old }, with: new)
        let written = calendar.serialized()
        var prefix = 0
        while prefix < min(bytes.count, written.count), bytes[prefix] == written[prefix] {
            prefix += 1
        }
        var suffix = 0
        while suffix < min(bytes.count, written.count) - prefix,
            bytes[bytes.count - 1 - suffix] == written[written.count - 1 - suffix]
        {
            suffix += 1
        }
        // What differs is inside the one property: before and after it nothing was touched.
        #expect(written.count - prefix - suffix <= old.name.utf8.count + "changed\r\n".utf8.count)
        let removed = Array(bytes[prefix..<(bytes.count - suffix)])
        #expect(removed.count <= old.serialized.count + 200 || old.rawBytes.count > 60)
        let again = try Component.parse(written)
        #expect(again.components[index].properties.first?.rawValue == "changed")
    }
}
