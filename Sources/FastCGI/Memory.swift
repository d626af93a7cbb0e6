private import CFastCGI
import Synchronization

/// Memory that large requests leave behind: the C library keeps it for itself, in as many places as there are
/// threads.
package enum Memory {
    private static let isTrimDue = Atomic<Bool>(false)

    /// Notes that much was used just now.
    package static func noteLargeUse() { isTrimDue.store(true, ordering: .relaxed) }

    /// Gives free memory back to the system, where much was used. Takes some milliseconds: not for a thread
    /// that answers.
    ///
    /// The corresponding C function is `malloc_trim`.
    package static func trimIfDue() {
        if isTrimDue.exchange(false, ordering: .relaxed) { cfastcgi_trim_memory() }
    }
}
