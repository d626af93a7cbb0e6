import ArgumentParser
import CRMStore
import CalDAV

struct Trash: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Brings back what was deleted or overwritten.",
        discussion: """
            Every version that a client or the CRM deletes or overwrites is kept for trash_days.

              crm-caldav trash list --user anna
              crm-caldav trash show 4711
              crm-caldav trash restore 4711 4712
              crm-caldav trash restore --calendar anna/projects
            """,
        subcommands: [List.self, Show.self, Restore.self])

    /// Who restores, as the trash says it.
    private static let actor = "crm-caldav trash"

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists deleted and overwritten versions, the newest first.")

        @OptionGroup var file: ConfigurationOption

        @Option(help: "Only of calendars of this user.")
        var user: String?

        @Option(help: "Only of calendars of this name: the last part of their address.")
        var calendar: String?

        @Flag(help: "As a JSON array of objects.")
        var json = false

        func run() throws {
            let store = try file.openStore()
            let selection = TrashSelection(owner: user, uri: calendar)
            try accessing(orSay: Trash.missing) { () throws(StorageError) in
                let calendars = try store.trashedCalendars(selection)
                if json {
                    var list = JSONList()
                    for calendar in calendars { list.append(line(calendar)) }
                    try store.forEachTrashEntry(selection) { list.append(Trash.line($0)) }
                    return list.end()
                }
                var count = calendars.count
                for calendar in calendars { print(row(calendar)) }
                try store.forEachTrashEntry(selection) { entry in
                    print(row(entry))
                    count += 1
                }
                if count == 0 { print("The trash is empty.") }
            }
        }

        private func row(_ entry: TrashEntry) -> String {
            let id = String(entry.id)
            let padded = String(repeating: " ", count: max(0, 8 - id.count)) + id
            return "\(padded)  \(Timestamp.text(entry.discarded))  \(entry.reason) by "
                + printable(
                    "\(entry.actor)  \(entry.owner)/\(entry.uri)/\(entry.name)  \(entry.summary)")
        }

        private func row(_ calendar: TrashedCalendar) -> String {
            "calendar  \(Timestamp.text(calendar.discarded))  deleted by "
                + printable("\(calendar.actor)  \(calendar.owner)/\(calendar.uri)")
                + "  with \(calendar.objectCount) objects"
        }

        private func line(_ calendar: TrashedCalendar) -> JSONLine {
            var line = JSONLine()
            line.add("calendar", "\(calendar.owner)/\(calendar.uri)")
            line.add("name", calendar.displayName)
            line.add("discarded", Timestamp.text(calendar.discarded))
            line.add("by", calendar.actor)
            line.add("objects", calendar.objectCount)
            return line
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one version: where it was, its task's columns, its text.")

        @OptionGroup var file: ConfigurationOption

        @Argument(help: "The number that list shows.")
        var id: Int64

        @Flag(help: "As a JSON object.")
        var json = false

        func run() throws {
            let store = try file.openStore()
            try accessing(orSay: Trash.missing) { () throws(StorageError) in
                guard let entry = try store.trashEntry(id) else { throw .notFound }
                let text = String(decoding: entry.content, as: UTF8.self)
                if json {
                    var line = Trash.line(entry)
                    line.add("columns", entry.task)
                    line.add("text", text)
                    return print(
                        String(decoding: line.finished(), as: UTF8.self), terminator: "")
                }
                print(
                    printable(
                        "\(entry.owner)/\(entry.uri)/\(entry.name), \(entry.reason) by "
                            + "\(entry.actor) on \(Timestamp.text(entry.discarded))"))
                if let task = entry.task {
                    print("\nTask \(entry.taskID.map(String.init) ?? "without a number")")
                    for (name, value) in task {
                        print(printable("  \(name): \(value ?? "NULL")"))
                    }
                }
                print("")
                for line in text.split(whereSeparator: \.isNewline) {
                    print(printable(String(line)))
                }
            }
        }
    }

    struct Restore: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Brings versions back, or a deleted calendar as one.",
            discussion: """
                An object comes back under its name and its task under its number where those are \
                free. Where the object is there, the present version goes into the trash.
                """)

        @OptionGroup var file: ConfigurationOption

        @Argument(help: "Numbers that list shows.")
        var ids: [Int64] = []

        @Option(help: ArgumentHelp("A deleted calendar.", valueName: "owner/name"))
        var calendar: String?

        func validate() throws {
            guard ids.isEmpty != (calendar == nil) else {
                throw ValidationError("say either numbers or --calendar OWNER/NAME")
            }
            if let calendar, calendar.split(separator: "/").count != 2 {
                throw ValidationError("--calendar has to be of the form OWNER/NAME")
            }
        }

        func run() throws {
            let store = try file.openStore()
            if let calendar { return try restore(calendar, store) }
            var failed = false
            for id in ids {
                do throws(StorageError) {
                    let restored = try store.restore(id, by: Trash.actor)
                    var line = "\(id) is back as \(restored.owner)/\(restored.uri)/\(restored.name)"
                    if let task = restored.taskID { line += ", task \(task)" }
                    if restored.isReplacing { line += "; what was there is in the trash" }
                    print(printable(line))
                } catch {
                    if case .unavailable = error { throw error.explained(Trash.missing) }
                    complain("crm-caldav: \(id): \(error.reason(orSay: Trash.missing))")
                    failed = true
                }
            }
            if failed { throw ExitCode(1) }
        }

        private func restore(_ address: String, _ store: Store) throws {
            let parts = address.split(separator: "/").map(String.init)
            try accessing(orSay: Trash.missing) { () throws(StorageError) in
                let selection = TrashSelection(owner: parts[0], uri: parts[1])
                // Of several that had this address, the one that was deleted last.
                guard let trashed = try store.trashedCalendars(selection).first else {
                    throw .notFound
                }
                let result = try store.restore(trashed, by: Trash.actor)
                print(
                    printable(
                        "\(result.owner)/\(result.uri) is back with \(result.restored) objects"))
                for failure in result.failures {
                    complain(printable("crm-caldav: \(failure.entry): \(failure.reason)"))
                }
                if let first = result.failures.first { throw .refused(first.reason) }
            }
        }
    }

    // MARK: What the commands share

    private static let missing = "the trash has nothing of that name"

    private static func line(_ entry: TrashEntry) -> JSONLine {
        var line = JSONLine()
        line.add("id", Int(clamping: entry.id))
        line.add("discarded", Timestamp.text(entry.discarded))
        line.add("reason", entry.reason)
        line.add("by", entry.actor)
        line.add("calendar", "\(entry.owner)/\(entry.uri)")
        line.add("object", entry.name)
        line.add("task", entry.taskID.map { String($0) })
        line.add("summary", entry.summary)
        return line
    }
}
