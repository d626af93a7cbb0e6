import Glibc

/// Calendar files of other programs, kept outside of the package.
enum Corpus {
    /// `$CRM_CALDAV_SHARED`, else `../shared` beside the package; nil, said aloud, where neither is.
    static let root: String? = {
        let path: String
        if let value = getenv("CRM_CALDAV_SHARED") {
            path = String(cString: value) + "/corpus"
        } else {
            let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
            path = "/\(package)/../shared/corpus"
        }
        guard access(path, R_OK) == 0 else {
            print("SKIPPED: no calendar files at \(path); set CRM_CALDAV_SHARED")
            return nil
        }
        return path
    }()

    static let folders = [
        "davx5", "ical4j/valid", "ical4j/invalid", "nextcloud-calendar", "recurring-ical-events",
    ]

    /// Paths below the corpus, sorted.
    static func files(in folders: [String] = Corpus.folders) -> [String] {
        guard let root else { return [] }
        var files: [String] = []
        for folder in folders {
            guard let directory = opendir("\(root)/\(folder)") else { continue }
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
                    String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name.hasSuffix(".ics") { files.append("\(folder)/\(name)") }
            }
        }
        return files.sorted()
    }

    static func bytes(_ file: String) -> [UInt8] {
        root.flatMap { contents(of: "\($0)/\(file)") } ?? []
    }

    static func contents(of path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
            bytes += chunk[..<count]
        }
        return bytes
    }
}
