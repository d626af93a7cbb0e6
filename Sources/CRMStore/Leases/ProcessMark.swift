import Glibc

/// A name for a process by which others on the same machine can tell that it has ended.
package enum ProcessMark {
    package static let own = mark(of: getpid()) ?? "\(host) \(getpid()) 0"

    /// Whether a mark, with or without something behind it, is of a process of this machine that
    /// there is no more.
    package static func isDead(_ mark: String) -> Bool {
        let parts = mark.split(separator: " ")
        guard parts.count >= 3, parts[0] == host, let pid = pid_t(parts[1]) else { return false }
        return self.mark(of: pid).map { !mark.hasPrefix($0) } ?? true
    }

    private static let host: String = {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let text = String(
            decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.isEmpty ? "localhost" : text
    }()

    /// Host, process id, and the time of its start in ticks since the machine's.
    private static func mark(of pid: pid_t) -> String? {
        let descriptor = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 2048)
        let count = read(descriptor, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        // The program's name, in parentheses, may hold anything.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[end...].split(separator: " ")
        guard fields.count > 20, fields[1] != "Z" else { return nil }
        return "\(host) \(pid) \(fields[20])"
    }
}
