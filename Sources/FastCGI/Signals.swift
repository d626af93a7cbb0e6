private import CFastCGI
import Glibc

/// What an operator, a service manager or the system tells a serving process.
package enum Signal: Sendable, Equatable {
    /// SIGTERM, SIGINT, and SIGUSR1, by which old FastCGI process managers say the same.
    case terminate
    /// SIGHUP
    case reopenLogs
    /// SIGCHLD
    case childEnded

    private init?(_ number: Int32) {
        switch number {
        case SIGTERM, SIGINT, SIGUSR1: self = .terminate
        case SIGHUP: self = .reopenLogs
        case SIGCHLD: self = .childEnded
        default: return nil
        }
    }

    private static var handled: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGCHLD] { sigaddset(&set, number) }
        return set
    }

    /// Keeps the signals for `next`. To be called before any thread starts: threads inherit it.
    package static func hold() {
        // First, since it installs handlers of its own.
        _ = FCGX_Init()
        var set = handled
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for the next signal; nil where none came in time.
    ///
    /// - Parameter milliseconds: nil: as long as it takes.
    package static func next(within milliseconds: Int? = nil) -> Signal? {
        var set = handled
        while true {
            let number: Int32
            if let milliseconds {
                var limit = timespec(
                    tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
                number = sigtimedwait(&set, nil, &limit)
                if number == -1, errno != EINTR { return nil }
            } else {
                number = sigwaitinfo(&set, nil)
            }
            if let signal = Signal(number) { return signal }
        }
    }

    /// Has this process get SIGTERM when its parent ends, however that ends.
    ///
    /// - Parameter parent: whom the parent has to be; where it is not, it has ended already.
    package static func endWithParent(_ parent: Int32) {
        _ = cfastcgi_die_with_parent(SIGTERM)
        if getppid() != parent { kill(getpid(), SIGTERM) }
    }
}
