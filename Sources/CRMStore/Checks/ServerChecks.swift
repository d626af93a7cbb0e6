import ICalendar
import MariaDB

// The server, its clock, and the settings that are right and yet may not be meant.
extension Store {
    private static let server: SQL = """
        SELECT VERSION(), @@character_set_connection, @@max_allowed_packet,
               @@SESSION.time_zone, UNIX_TIMESTAMP()
        """

    private struct ServerFacts {
        var version = ""
        var characterSet = ""
        var maxPacket: Int64 = 0
        var clock: Int64 = 0
    }

    private func serverFacts() throws(StoreFailure) -> ServerFacts {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.server)
            guard try cursor.next() else { return ServerFacts() }
            return ServerFacts(
                version: cursor.string(0) ?? "", characterSet: cursor.string(1) ?? "",
                maxPacket: cursor.int(2) ?? 0, clock: cursor.int(4) ?? 0)
        }
    }

    func checkServer() throws(StoreFailure) -> [CheckFinding] {
        let facts = try serverFacts()
        var findings: [CheckFinding] = []
        let oldest = facts.version.contains("MariaDB") ? [10, 3] : [8, 0]
        let version = facts.version.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        if version.lexicographicallyPrecedes(oldest) {
            findings.append(
                .problem(
                    "the database server is \(facts.version); MariaDB 10.3 or MySQL 8.0 is needed"))
        } else {
            findings.append(.good("database \(settings.connection.database): \(facts.version)"))
        }
        if facts.characterSet != "utf8mb4" {
            findings.append(
                .problem(
                    "the session speaks \(facts.characterSet), not utf8mb4",
                    mend: "take init_connect and skip-character-set-client-handshake out of the "
                        + "server's configuration"))
        }
        // An object's text and, in the row, its description.
        let needed = Int64(settings.limits.maxResourceSize) * 2
        if facts.maxPacket < needed {
            findings.append(
                .note(
                    "max_allowed_packet is \(facts.maxPacket): objects of max_resource_size, "
                        + "\(settings.limits.maxResourceSize), may not pass",
                    mend: "SET GLOBAL max_allowed_packet = \(max(needed, 16 << 20))"))
        }
        return findings
    }

    func checkClock() throws(StoreFailure) -> [CheckFinding] {
        let off = try serverFacts().clock - now
        guard abs(off) > 2 else { return [] }
        return [
            .problem(
                "the database server's clock is \(off) s off ours",
                mend: "run a time service on both machines")
        ]
    }

    // MARK: Settings

    private static let zones: SQL = "SELECT @@GLOBAL.time_zone, @@system_time_zone"

    func checkSettings() throws(StoreFailure) -> [CheckFinding] {
        var findings: [CheckFinding] = [.good("time zone of the CRM: \(settings.timeZone)")]
        let (global, system) = try database { () throws(DatabaseError) -> (String, String) in
            let cursor = try connection.query(Store.zones)
            guard try cursor.next() else { return ("", "") }
            return (cursor.string(0) ?? "", cursor.string(1) ?? "")
        }
        let serverZone = global == "SYSTEM" ? system : global
        let isServerUTC = ["UTC", "Etc/UTC", "GMT", "+00:00", ""].contains(serverZone)
        if settings.timeZone == "UTC", !isServerUTC {
            findings.append(
                .note(
                    "time_zone is UTC, the database server's zone is \(serverZone): if the CRM's "
                        + "times are local ones, events are shown at wrong times",
                    mend: "set time_zone, such as time_zone = Europe/Berlin"))
        }
        if settings.confirmedMeans == .completed {
            findings.append(
                .note(
                    "an event with STATUS:CONFIRMED makes its task completed; Nextcloud and Google "
                        + "write CONFIRMED on every new event",
                    mend: "with such clients, set confirmed_means = pending"))
        }
        return findings
    }
}
