// jCal and xCal, compiled into the same module with Sources/XML and Sources/CalDAV/Formats.

extension CalendarFormat {
    /// What can be read is a calendar like any other, and comes back as it was written.
    func fuzz(_ bytes: [UInt8]) {
        guard let calendar = try? read(bytes) else { return }
        precondition((try? Component.parse(calendar.serialized())) != nil)
        // Blanks around what is no text are gone after the first time.
        guard let again = try? read(write(calendar)) else {
            preconditionFailure("what was written cannot be read")
        }
        let written = write(again)
        guard let same = try? read(written) else {
            preconditionFailure("what was written again cannot be read")
        }
        precondition(write(same) == written)
        for format in CalendarFormat.allCases where format != self {
            precondition((try? format.read(format.write(again))) != nil)
        }
    }
}
