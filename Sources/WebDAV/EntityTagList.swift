/// If-Match or If-None-Match (RFC 9110 §13.1).
package enum EntityTagList: Equatable, Sendable {
    /// `*`
    case any
    /// Opaque tags without quotes.
    ///
    /// Weakness and the suffix of a content coding are taken off: web servers that compress what we
    /// answer add them, and clients send the tag back so.
    case tags([String])

    /// What cannot be read as a tag is left out: such a list matches nothing, which is safe for
    /// If-Match and harmless for If-None-Match.
    package init(headerField: String) {
        let bytes = Array(headerField.utf8)
        var tags: [String] = []
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                let start = index + 1
                let end = bytes[start...].firstIndex(of: UInt8(ascii: "\"")) ?? bytes.count
                tags.append(EntityTagList.plain(bytes[start..<end]))
                index = end + 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: ","):
                index += 1
            case UInt8(ascii: "W") where bytes[index...].starts(with: "W/\"".utf8):
                index += 2
            default:
                // Unquoted: some clients strip the quotes.
                let end = bytes[index...].firstIndex(of: UInt8(ascii: ",")) ?? bytes.count
                var tag = bytes[index..<end]
                while tag.last == UInt8(ascii: " ") { tag.removeLast() }
                if tag.elementsEqual("*".utf8) {
                    self = .any
                    return
                }
                tags.append(EntityTagList.plain(tag))
                index = end
            }
        }
        self = .tags(tags)
    }

    private static func plain(_ tag: ArraySlice<UInt8>) -> String {
        for suffix in ["-gzip", ";gzip", "--gzip", "-br", ";br", "-deflate", "-zstd"] {
            let bytes = Array(suffix.utf8)
            if tag.count > bytes.count, tag.suffix(bytes.count).elementsEqual(bytes) {
                return String(decoding: tag.dropLast(bytes.count), as: UTF8.self)
            }
        }
        return String(decoding: tag, as: UTF8.self)
    }
}
