/// Why a connection is closed before, or in the middle of, a request: what came is nothing that a web
/// server sends.
enum Refusal: Error, Equatable, CustomStringConvertible {
    case version(UInt8)
    case type(UInt8)
    case length(type: UInt8)
    case role(UInt16)
    case headTooLong
    case tooManyParameters
    /// A name or a value that is longer than what is left of the parameters.
    case parameterLength
    case tooSlow
    case tooManyForeignRecords
    /// The peer does not read what we answer to its management records.
    case answerNotRead
    /// libfcgi found a fault that we did not.
    case library
    case memory(SystemError)
    case account(UInt32)

    var description: String {
        switch self {
        case .version(let version): "a record of FastCGI version \(version)"
        case .type(let type): "a record of type \(type) that does not belong there"
        case .length(let type): "a record of type \(type) and a wrong length"
        case .role(let role): "the role \(role); only responders are here"
        case .headTooLong: "more than \(RequestStream.headLimit) bytes before the body"
        case .tooManyParameters: "more than \(ParameterLengths.limit) parameters"
        case .parameterLength: "a parameter that is longer than the records it is in"
        case .tooSlow: "the time that a request may take to arrive is over"
        case .tooManyForeignRecords: "too many records that belong to no request"
        case .answerNotRead: "what was answered is not read"
        case .library: "libfcgi does not take the request"
        case .memory(let error): "\(error)"
        case .account(let user):
            "the account with the number \(user) is not one that listen_peers lets in"
        }
    }
}
