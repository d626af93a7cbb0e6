private import CFastCGI
import Glibc
import Synchronization

/// One epoll set for a pool's threads: the listening socket, the idle connections, the wake-up.
///
/// Connections and the wake-up are one-shot: an event goes to one thread, which arms the entry again
/// when it is done with it. So an idle connection costs a descriptor and no thread.
///
/// A new connection wakes one thread of all processes that share the socket, the one that was idle
/// last. The event says that the socket has become readable, not how many connections wait: who takes
/// one calls `announceWaiting` where there are more.
final class Poller: Sendable {
    enum Event {
        /// A connection waits to be accepted, unless somebody was faster.
        case listener
        /// The web server wrote to an idle connection; close it or `park` it again.
        case connection(Int32)
        /// `wake` was called; arm with `wake` for the next thread.
        case wakeUp
    }

    private let epoll: Int32
    private let eventCounter: Int32
    /// Written to where connections wait that no event of the listening socket's tells of.
    private let waitingCounter: Int32
    private let listener: Listener
    /// Connections that were parked once, to be closed at the end. Parking them again, which is what
    /// happens at each request, takes no lock.
    private let known = Mutex<Set<Int32>>([])

    private static let oneShotInput = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLONESHOT.rawValue

    init(listener: Listener) throws(SystemError) {
        self.listener = listener
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        eventCounter = eventfd(1, Int32(EFD_CLOEXEC))
        waitingCounter = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        let edge = EPOLLIN.rawValue | EPOLLET.rawValue
        guard epoll >= 0, eventCounter >= 0, waitingCounter >= 0,
            cfastcgi_epoll(
                epoll, EPOLL_CTL_ADD, listener.descriptor, edge | EPOLLEXCLUSIVE.rawValue) == 0,
            cfastcgi_epoll(epoll, EPOLL_CTL_ADD, waitingCounter, edge) == 0,
            cfastcgi_epoll(epoll, EPOLL_CTL_ADD, eventCounter, 0) == 0
        else { throw SystemError("epoll") }
    }

    deinit {
        for connection in known.withLock({ $0 }) { Glibc.close(connection) }
        Glibc.close(eventCounter)
        Glibc.close(waitingCounter)
        Glibc.close(epoll)
    }

    /// The next event; nil where none is there and `waits` is false.
    func next(waits: Bool) -> Event? {
        while true {
            var flags: UInt32 = 0
            let descriptor = cfastcgi_epoll_next(epoll, waits ? -1 : 0, &flags)
            switch descriptor {
            case -1:
                if !waits { return nil }
            case listener.descriptor, waitingCounter:
                return .listener
            case eventCounter:
                return .wakeUp
            default:
                let hungUp = EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue
                if flags & hungUp == 0 || hasInput(descriptor) {
                    return .connection(descriptor)
                }
                close(descriptor)
            }
        }
    }

    /// Closes a connection, whether it was parked before or not.
    func close(_ connection: Int32) {
        _ = known.withLock { $0.remove(connection) }
        Glibc.close(connection)
    }

    private func hasInput(_ connection: Int32) -> Bool {
        var byte: UInt8 = 0
        return recv(connection, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0
    }

    /// Has a connection watched while it is idle.
    ///
    /// - Parameter isNew: whether it has never been parked.
    func park(_ connection: Int32, isNew: Bool) {
        if isNew { _ = known.withLock { $0.insert(connection) } }
        let operation = isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
        if cfastcgi_epoll(epoll, operation, connection, Self.oneShotInput) != 0 {
            close(connection)
        }
    }

    /// Gives one thread, now or later, the event `listener`.
    func announceWaiting() {
        var one: UInt64 = 1
        _ = write(waitingCounter, &one, 8)
    }

    /// Gives one thread, now or later, the event `wakeUp`.
    func wake() {
        _ = cfastcgi_epoll(
            epoll, EPOLL_CTL_MOD, eventCounter, EPOLLIN.rawValue | EPOLLONESHOT.rawValue)
    }
}
