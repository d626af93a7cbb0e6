import Synchronization

extension Zone {
    /// The zone of a name: IANA's, Windows', or one that a calendar program made of them
    /// (`/freeassociation.sourceforge.net/Europe/Berlin`, `(UTC+01:00) Amsterdam, Berlin …`).
    ///
    /// Nil for a name that means nothing here. Answers are kept for the life of the process.
    package static func named(_ name: String) -> Zone? {
        ZoneNames.zone(name)
    }
}

/// Which zone a name means, once it was looked for: every object names one, and a zone is a file.
private final class Memory: Sendable {
    private let known = Mutex<[String: Zone?]>([:])
    /// Names come from clients; beyond this many the memory starts anew.
    private static let maximumKnown = 2000

    func zone(_ name: String, _ find: (String) -> Zone?) -> Zone? {
        if let zone = known.withLock({ $0[name] }) { return zone }
        let zone = name.utf8.count <= 256 ? find(name) : nil
        known.withLock {
            if $0.count >= Memory.maximumKnown { $0.removeAll() }
            $0[name] = .some(zone)
        }
        return zone
    }
}

enum ZoneNames {
    private static let known = Memory()
    private static let knownIANA = Memory()

    static func zone(_ name: String) -> Zone? {
        known.zone(name, find)
    }

    /// The zone of exactly this IANA name, or of one with a vendor's prefix.
    static func iana(_ name: String) -> Zone? {
        knownIANA.zone(name, findIANA)
    }

    private static func findIANA(_ name: String) -> Zone? {
        if name == "UTC" || name == "Z" || name == "Etc/UTC" { return .utc }
        if let zone = ZoneFile.zone(named: name) { return zone }
        guard name.utf8.contains(UInt8(ascii: "/")) else { return nil }
        // The longest ending first: America/Argentina/Salta before Argentina/Salta.
        let parts = name.split(separator: "/")
        for count in stride(from: min(3, parts.count), through: 2, by: -1) {
            let suffix = parts.suffix(count).joined(separator: "/")
            if suffix != name, let zone = ZoneFile.zone(named: suffix) { return zone }
        }
        return nil
    }

    private static func find(_ name: String) -> Zone? {
        let trimmed = ASCII.decode(ASCII.trim(Array(name.utf8)))
        let unquoted = trimmed.filter { $0 != "\"" }
        if let zone = iana(unquoted) { return zone }
        let key = unquoted.lowercased()
        if let iana = WindowsZones.iana[key] { return ZoneFile.zone(named: iana) }
        if let zone = capitalised(key) { return zone }
        if let last = unquoted.split(separator: "/").last.map(String.init), last != unquoted {
            if let zone = WindowsZones.iana[last.lowercased()].flatMap(ZoneFile.zone) {
                return zone
            }
            if ["utc", "gmt"].contains(last.lowercased()) { return .utc }
        }
        if let zone = displayed(key) { return zone }
        return offset(key).map { $0 == 0 ? .utc : Zone(fixedOffset: $0) }
    }

    /// `europe/berlin`, `America/New York`.
    private static func capitalised(_ key: String) -> Zone? {
        var result = ""
        var isStart = true
        for character in key {
            let character = character == " " ? "_" : character
            result += isStart ? character.uppercased() : String(character)
            isStart = "/_-".contains(character)
        }
        return ZoneFile.zone(named: result)
    }

    /// `(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna`, as Windows shows it.
    private static func displayed(_ key: String) -> Zone? {
        guard key.hasPrefix("("), let close = key.firstIndex(of: ")") else { return nil }
        let places = key[key.index(after: close)...].drop { $0 == " " }
        for (place, iana) in WindowsZones.places where places.hasPrefix(place) {
            return ZoneFile.zone(named: iana)
        }
        return WindowsZones.iana[String(places)].flatMap(ZoneFile.zone)
    }

    /// `UTC+01:00`, `(GMT-05:00) …`, `GMT+1`.
    private static func offset(_ key: String) -> Int? {
        var rest = Array(key.utf8)[...]
        if rest.first == UInt8(ascii: "(") { rest = rest.dropFirst() }
        guard rest.starts(with: "utc".utf8) || rest.starts(with: "gmt".utf8) else { return nil }
        rest = rest.dropFirst(3)
        guard let sign = rest.popFirst() else { return 0 }
        if sign == UInt8(ascii: ")") || sign == ASCII.space { return 0 }
        guard sign == UInt8(ascii: "+") || sign == ASCII.hyphen else { return nil }
        let text = rest.prefix { $0 >= 0x30 && $0 <= 0x39 || $0 == ASCII.colon }
        let digits = text.filter { $0 != ASCII.colon }
        let hours: Int?
        let minutes: Int?
        if digits.count <= 2 {
            (hours, minutes) = (ASCII.number(digits[...]), 0)
        } else {
            hours = ASCII.number(digits[..<(digits.count - 2)])
            minutes = ASCII.number(digits[(digits.count - 2)...])
        }
        guard let hours, let minutes, hours <= 14, minutes < 60 else { return nil }
        let seconds = hours * 3600 + minutes * 60
        return sign == ASCII.hyphen ? -seconds : seconds
    }
}
