extension Component {
    /// The first TEXT, here or inside, with a backslash that escapes nothing (RFC 5545 §3.3.11).
    package var brokenEscape: Property? {
        for property in properties where property.hasBrokenEscape { return property }
        for component in components {
            if let property = component.brokenEscape { return property }
        }
        return nil
    }
}

extension Property {
    /// Properties whose value is TEXT and written by people; what the value of an X- property is,
    /// nobody knows.
    private static let texts = [
        "SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT", "CATEGORIES", "RESOURCES",
    ]

    /// A colon needs no backslash, but several programs give it one.
    fileprivate var hasBrokenEscape: Bool {
        guard Property.texts.contains(where: isNamed), !isQuotedPrintable else { return false }
        let bytes = rawBytes
        guard var index = bytes.firstIndex(of: ASCII.backslash) else { return false }
        while index < bytes.count {
            guard bytes[index] == ASCII.backslash else {
                index += 1
                continue
            }
            guard index + 1 < bytes.count else { return true }
            switch bytes[index + 1] {
            case ASCII.backslash, ASCII.semicolon, ASCII.comma, ASCII.colon, UInt8(ascii: "n"),
                UInt8(ascii: "N"):
                index += 2
            default: return true
            }
        }
        return false
    }
}
