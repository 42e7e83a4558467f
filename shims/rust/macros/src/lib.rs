//! The attribute `#[bigfoot::test]`: a `#[test]` whose function runs as a test of bigfoot's.
//!
//! It reads no more of the function than it has to (`async`, the name, the return type, the body), so
//! that nothing but the compiler's own library is needed.
#![forbid(unsafe_code)]

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// A test that speaks to bigfoot: it may open sandboxes, prepare mocks and assert what was done. What
/// it leaves unasserted or unused fails it when it ends.
///
/// The function takes no arguments and returns nothing or a `Result`. An `async` one runs on the
/// `tokio` of your own crate: `#[bigfoot::test(flavor = "multi_thread", worker_threads = 2)]`, or on
/// one thread without an argument. `#[should_panic]` and `#[ignore]` go below it, as with `#[test]`.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expanded(arguments, item).unwrap_or_else(|wrong| {
        format!("::core::compile_error!({:?});", wrong).parse().unwrap_or_default()
    })
}

/// What stands in front of a function's name, its name, its return type and its body.
struct Function {
    attributes: Vec<TokenTree>,
    is_async: bool,
    name: Ident,
    returns: Vec<TokenTree>,
    body: Group,
}

fn expanded(arguments: TokenStream, item: TokenStream) -> Result<TokenStream, String> {
    let function = read(item)?;
    let runtime = match (function.is_async, arguments.is_empty()) {
        (false, false) => return Err("#[bigfoot::test] takes arguments on an async fn only".into()),
        (false, true) => None,
        (true, _) => Some(runtime(arguments)?),
    };
    Ok(written(function, runtime))
}

fn read(item: TokenStream) -> Result<Function, String> {
    let mut tokens = item.into_iter().peekable();
    let (mut attributes, mut is_async) = (Vec::new(), false);
    loop {
        match tokens.next() {
            Some(TokenTree::Ident(word)) if word.to_string() == "fn" => break,
            Some(TokenTree::Ident(word)) if word.to_string() == "async" => is_async = true,
            Some(token) => attributes.push(token),
            None => return Err("#[bigfoot::test] stands above a function".into()),
        }
    }
    let Some(TokenTree::Ident(name)) = tokens.next() else {
        return Err("the function has no name".into());
    };
    match tokens.next() {
        Some(TokenTree::Group(parameters)) if parameters.stream().is_empty() => {}
        _ => return Err("a test takes no arguments and has no type parameters".into()),
    }
    let mut rest: Vec<TokenTree> = tokens.collect();
    let Some(TokenTree::Group(body)) = rest.pop() else {
        return Err("the function has no body".into());
    };
    let returns = match rest.as_slice() {
        [] => Vec::new(),
        [TokenTree::Punct(minus), TokenTree::Punct(more), returns @ ..]
            if minus.as_char() == '-' && more.as_char() == '>' =>
        {
            returns.to_vec()
        }
        _ => return Err("between a test's name and its body there is its return type alone".into()),
    };
    Ok(Function { attributes, is_async, name, returns, body })
}

/// The calls that make a runtime, as the arguments have it.
fn runtime(arguments: TokenStream) -> Result<TokenStream, String> {
    let text = arguments.to_string().replace(' ', "");
    let mut builder = "new_current_thread()".to_owned();
    for argument in text.split(',').filter(|argument| !argument.is_empty()) {
        match argument.split_once('=') {
            Some(("flavor", "\"multi_thread\"")) => {
                builder = builder.replacen("new_current_thread", "new_multi_thread", 1);
            }
            Some(("flavor", "\"current_thread\"")) => {}
            Some(("worker_threads", count)) if count.parse::<usize>().is_ok() => {
                builder.push_str(&format!(".worker_threads({count})"));
            }
            _ => {
                return Err(format!(
                    "`{argument}` is no argument of #[bigfoot::test]; it has `flavor = \"multi_thread\"` and `worker_threads = 2`"
                ));
            }
        }
    }
    let code = format!("::tokio::runtime::Builder::{builder}.enable_all().build().unwrap()");
    code.parse().map_err(|_| "the arguments cannot be read".to_owned())
}

/// The test that libtest sees.
fn written(function: Function, runtime: Option<TokenStream>) -> TokenStream {
    let Function { attributes, name, returns, body, .. } = function;
    let at = name.span();
    let mut out = parsed("#[::core::prelude::v1::test]");
    out.extend(attributes);
    out.extend([word("fn", at), TokenTree::Ident(name.clone()), group(Delimiter::Parenthesis, [])]);
    let arrow = |returns: &[TokenTree]| {
        let head = (!returns.is_empty()).then(|| parsed("->")).into_iter().flatten();
        head.chain(returns.iter().cloned()).collect::<Vec<_>>()
    };
    out.extend(arrow(&returns));
    let body = match runtime {
        None => TokenTree::Group(body),
        Some(runtime) => {
            let mut call: Vec<TokenTree> = runtime.into_iter().collect();
            let future = [word("async", at), word("move", at), TokenTree::Group(body)];
            call.extend([punct('.'), word("block_on", at), group(Delimiter::Parenthesis, future)]);
            group(Delimiter::Brace, call)
        }
    };
    let mut closure = parsed("move ||").into_iter().collect::<Vec<_>>();
    closure.extend(arrow(&typed(returns)));
    closure.push(body);
    let text = TokenTree::Literal(Literal::string(&name.to_string()));
    let mut arguments = parsed("::core::module_path!(),").into_iter().collect::<Vec<_>>();
    arguments.extend([text, punct(',')]);
    arguments.extend(closure);
    let mut call: Vec<TokenTree> = parsed("::bigfoot::run").into_iter().collect();
    call.push(group(Delimiter::Parenthesis, arguments));
    // The place that the test has is its name's.
    let call = call.into_iter().map(|token| located(token, at));
    out.extend([group(Delimiter::Brace, call)]);
    out
}

/// A closure with a block as its body says what it returns.
fn typed(returns: Vec<TokenTree>) -> Vec<TokenTree> {
    if returns.is_empty() { vec![group(Delimiter::Parenthesis, [])] } else { returns }
}

fn located(mut token: TokenTree, at: Span) -> TokenTree {
    token.set_span(token.span().located_at(at));
    token
}

fn parsed(code: &str) -> TokenStream {
    code.parse().unwrap_or_default()
}

fn word(text: &str, at: Span) -> TokenTree {
    TokenTree::Ident(Ident::new(text, at))
}

fn punct(character: char) -> TokenTree {
    TokenTree::Punct(Punct::new(character, Spacing::Alone))
}

fn group(delimiter: Delimiter, tokens: impl IntoIterator<Item = TokenTree>) -> TokenTree {
    TokenTree::Group(Group::new(delimiter, tokens.into_iter().collect()))
}
