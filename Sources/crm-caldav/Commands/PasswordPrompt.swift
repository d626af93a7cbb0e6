import Glibc

/// A password from the terminal without showing it, or a line of standard input.
enum PasswordPrompt {
    /// Nil where nothing was entered.
    static func read(_ question: String) -> [UInt8]? {
        let isTerminal = isatty(STDIN_FILENO) == 1
        var before = termios()
        if isTerminal {
            tcgetattr(STDIN_FILENO, &before)
            var silent = before
            silent.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
            let bytes = Array(question.utf8)
            _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        }
        defer {
            if isTerminal {
                tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
                complain("")
            }
        }
        guard let line = readLine(), !line.isEmpty else { return nil }
        return Array(line.utf8)
    }
}
