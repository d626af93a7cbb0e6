import ICalendar

/// UIDs as Nextcloud's importer can keep them apart.
///
/// It files an event under its UID without the first character, so that two which differ there
/// alone become one broken event, and skips what is longer than 512. Such ones get another UID, the
/// same each time; all others keep theirs.
struct ImporterKeys {
    /// Digests of what the importer has filed, and of the UID that it is: some bytes an event.
    private var taken: [UInt64: UInt64] = [:]

    private static let longest = 512

    mutating func uid(for uid: String) -> String {
        let owner = ImporterKeys.digest(uid.utf8)
        var shown = uid
        if shown.utf8.count > ImporterKeys.longest {
            var hash = FNV1a()
            hash.add(uid)
            shown = "long-" + hash.text
        }
        // Each try is longer by one: the third is as good as never needed.
        while let other = taken[ImporterKeys.key(shown)], other != owner, shown.utf8.count < 600 {
            shown = "-" + shown
        }
        taken[ImporterKeys.key(shown)] = owner
        return shown
    }

    /// Of the bytes after the first, as the importer cuts.
    private static func key(_ uid: String) -> UInt64 { digest(uid.utf8.dropFirst()) }

    private static func digest(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash = FNV1a()
        hash.add(bytes)
        return hash.value
    }
}
