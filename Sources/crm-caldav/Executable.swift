import Glibc

/// The program's own file.
enum Executable {
    /// What the kernel runs, also after the file was replaced.
    static let path = "/proc/self/exe"

    /// Where the file lies; nil where `/proc` does not say.
    static var directory: String? {
        guard let file, let slash = file.lastIndex(of: "/") else { return nil }
        return String(file[..<slash])
    }

    /// Whether it goes by a name that web servers start by themselves, with nothing but a socket.
    static var isNamedForFastCGI: Bool {
        [CommandLine.arguments.first, file].contains { $0?.hasSuffix(".fcgi") == true }
    }

    private static var file: String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(validating: bytes.prefix(count), as: UTF8.self)
    }
}
