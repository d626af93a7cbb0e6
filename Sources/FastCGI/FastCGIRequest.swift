private import CFastCGI
import Glibc

/// libfcgi's state of the request a thread is working on, used again for each.
///
/// On the heap and never moved: libfcgi's streams point back into it.
///
/// libfcgi believes the peer what it says of lengths in name-value pairs, and ends the process where it
/// cannot allocate them. Only a web server may be able to write to the socket (`Listener`'s mode), and
/// a supervisor belongs over workers.
final class FastCGIRequest: InputStream {
    private let cell: UnsafeMutablePointer<FCGX_Request>
    private let output = OutputBuffer()

    /// Makes libfcgi ready, once in a process.
    private static let library: Int32 = FCGX_Init()

    init() {
        precondition(Self.library == 0, "FCGX_Init has nothing that can fail but its first malloc")
        cell = .allocate(capacity: 1)
        // No listening socket: libfcgi must not accept by itself, ever.
        FCGX_InitRequest(cell, -1, 0)
    }

    deinit { cell.deallocate() }

    /// What a connection is good for after a request.
    enum Aftermath {
        /// It may carry another request.
        case kept
        /// It is to be closed.
        case done
        /// libfcgi found no request in it and closed it.
        case closed
    }

    /// Reads one request from a connection and has it answered.
    func serve(_ descriptor: Int32, by handler: any RequestHandler) -> Aftermath {
        cell.pointee.ipcFd = descriptor
        // FCGX_Accept_r would close the connection first, thinking it had been used.
        cell.pointee.keepConnection = 1
        // Otherwise libfcgi waits up to two seconds for the peer when it closes after an error.
        cell.pointee.detached = 1
        guard FCGX_Accept_r(cell) == 0 else { return .closed }
        let exchange = Exchange(
            environment: cell.pointee.envp, input: self, output: output)
        output.begin(
            descriptor: descriptor,
            framing: .fastCGI(requestID: UInt16(truncatingIfNeeded: cell.pointee.requestId)))
        handler.respond(to: exchange)
        let isReusable = exchange.conclude() && cell.pointee.keepConnection != 0
        // The answer's last records are written: free the streams without their closing.
        FCGX_Free(cell, 0)
        cell.pointee.ipcFd = -1
        return isReusable ? .kept : .done
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = FCGX_GetStr(
            buffer.baseAddress, Int32(truncatingIfNeeded: buffer.count), cell.pointee.in)
        return Int(max(count, 0))
    }

    var isBroken: Bool { FCGX_GetError(cell.pointee.in) != 0 }
}
