/// A sync token (RFC 6578 §4): a revision behind a fixed prefix.
///
/// The one form that every client takes: Nextcloud's federation accepts no other and keeps 32 bits.
package struct SyncToken: Equatable, Sendable {
    package static let prefix = "http://sabre.io/ns/sync/"

    package let revision: Int64

    package init(revision: Int64) { self.revision = revision }

    /// Nil for anything but the prefix and digits below 2^31.
    package init?(_ text: String) {
        guard text.utf8.starts(with: SyncToken.prefix.utf8) else { return nil }
        let digits = text.utf8.dropFirst(SyncToken.prefix.utf8.count)
        guard (1...10).contains(digits.count) else { return nil }
        var revision: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            revision = revision * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        guard revision < 1 << 31 else { return nil }
        self.revision = revision
    }

    package var text: String { SyncToken.prefix + String(revision) }
}
