//! The conversation, step by step.

use crate::Fault;
use crate::connection::Call;
use crate::device::{Device, PATIENCE, Triple};
use crate::options::Options;
use crate::platform::Platform;
use crate::trace::{Trace, Way};
use alink::{Event, Kind, Outcome, Sample, Value};
use iot_auth::Secret;
use std::path::Path;
use thing_model::{Limits, Model};

/// What a device does by itself, against any endpoint.
const DEVICE_STEPS: [&str; 12] = [
    "compile",
    "connect",
    "connected",
    "subscribed",
    "post",
    "posted",
    "refuse bad post",
    "post anyway",
    "partly dropped",
    "event posted",
    "event refused",
    "disconnect",
];
/// What takes a platform that plays along.
const PLATFORM_STEPS: [&str; 6] =
    ["set answered", "set confirmed", "call answered", "service answered", "calls confirmed", "refused"];

/// Plays the whole conversation and makes sure that nothing of it was left out.
///
/// # Errors
/// The first thing that goes wrong, or the steps that did not happen.
pub fn play(options: &Options, trace: &Trace) -> Result<(), Fault> {
    let model = compile(&options.tsl, trace)?;
    let secret = Secret::new(&options.device_secret).map_err(Fault::protocol)?;
    let triple =
        Triple { product_key: &options.product_key, device_name: &options.device_name, secret: &secret };
    let mut wanted = DEVICE_STEPS.to_vec();
    if let Some(host) = &options.host {
        let mut device = Device::connect(&format!("{host}:{}", options.port), &triple, &model, trace)?;
        speak(&mut device, trace)?;
        device.disconnect()?;
    } else {
        wanted.extend(PLATFORM_STEPS);
        let served = compile(&options.tsl, &Trace::silent())?;
        let platform = Platform::start(served, &options.product_key, &options.device_name, secret.clone())?;
        let endpoint = platform.address.to_string();
        trace.step(Way::Here, "platform", &format!("listens on {endpoint}"));
        let mut device = Device::connect(&endpoint, &triple, &model, trace)?;
        speak(&mut device, trace)?;
        listen(&mut device, &platform, &options.device_name, trace)?;
        device.disconnect()?;
        be_refused(&endpoint, &triple, &model, trace)?;
    }
    match trace.missing(&wanted) {
        missing if missing.is_empty() => Ok(()),
        missing => Err(Fault::Missing(missing)),
    }
}

/// Reads and compiles a thing model.
fn compile(path: &Path, trace: &Trace) -> Result<Model, Fault> {
    let tsl = std::fs::read(path).map_err(|error| Fault::File(path.to_owned(), error))?;
    let model = Model::compile(&tsl, &Limits::current()).map_err(|mistakes| {
        Fault::Model(path.to_owned(), mistakes.as_slice().iter().map(|mistake| mistake.to_string()).collect())
    })?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let counted = |count, what| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let properties = format!("{} properties", model.properties().count());
    let others = [counted(model.events().len(), "event"), counted(model.services().len(), "service")];
    trace.step(Way::Here, "compile", &format!("{name}: {properties}, {}", others.join(", ")));
    Ok(model)
}

/// What the device says: posts, good and bad, and an event.
fn speak(device: &mut Device<'_>, trace: &Trace) -> Result<(), Fault> {
    device.subscribe(&[Kind::PropertyPost, Kind::Event, Kind::PropertySet, Kind::Service, Kind::Rrpc])?;

    let good = [("PowerSwitch", Sample::from(true)), ("Brightness", Sample::from(40))];
    let id = device.post("post", &good)?;
    let (reply, seen) = device.expect("the reply to a post", |event| posted(event, id))?;
    trace.step(Way::Down, "posted", &format!("id {id}: {reply}"));
    trace.message(&seen.topic, &seen.payload);
    trace.frame(&seen.frame);
    if reply != "accepted" {
        return Err(Fault::Protocol(format!("a good post was {reply}")));
    }

    let bad = [
        ("Brightness", Sample::from(400)),
        ("PowerSwitch", Sample::from("on")),
        ("Colour", Sample::from(1)),
        ("ColorTemperature", Sample::from(4000)),
    ];
    match device.post("bad post", &bad) {
        Err(Fault::NotInModel(violations)) => {
            trace.step(Way::Here, "refuse bad post", &format!("{} violations", violations.len()));
            violations.iter().for_each(|violation| trace.note(violation));
        }
        Err(other) => return Err(other),
        Ok(_) => return Err(Fault::Protocol("the model has nothing against a bad post".to_owned())),
    }
    let id = device.post_unchecked("post anyway", &bad)?;
    let (reply, seen) = device.expect("the reply to a bad post", |event| posted(event, id))?;
    trace.step(Way::Down, "partly dropped", &format!("id {id}: {reply}"));
    trace.message(&seen.topic, &seen.payload);
    trace.frame(&seen.frame);
    if reply == "accepted" {
        return Err(Fault::Protocol("the platform took a bad post".to_owned()));
    }

    let id = device.post_event("OverHeat", &[("Temperature", Value::from(90.5))])?;
    let (reply, seen) = device.expect("the reply to an event", |event| posted(event, id))?;
    trace.step(Way::Down, "event posted", &format!("id {id}: {reply}"));
    trace.message(&seen.topic, &seen.payload);
    trace.frame(&seen.frame);
    if reply != "accepted" {
        return Err(Fault::Protocol(format!("a good event was {reply}")));
    }

    let id = device.post_event_unchecked("OverHeat", &[("Temperature", Value::from(999.5))])?;
    let (reply, seen) = device.expect("the reply to a bad event", |event| posted(event, id))?;
    trace.step(Way::Down, "event refused", &format!("id {id}: {reply}"));
    trace.message(&seen.topic, &seen.payload);
    trace.frame(&seen.frame);
    if reply == "accepted" {
        Err(Fault::Protocol("the platform took a bad event".to_owned()))
    } else {
        Ok(())
    }
}

/// What became of the post `id`, in words.
fn posted(event: &Event<'_>, id: alink::Id) -> Option<String> {
    match event {
        Event::Posted { id: answered, reply, outcome, .. } if *answered == id => Some(match outcome {
            Outcome::Accepted => "accepted".to_owned(),
            Outcome::Dropped(dropped) => {
                let why = |value: Value<'_>| value.text().map(|text| text.to_string()).unwrap_or_default();
                let dropped: Vec<String> =
                    dropped.iter().map(|(key, value)| format!("{key} ({})", why(value))).collect();
                format!("dropped {}", dropped.join(", "))
            }
            _ => format!("refused with code {}", reply.code),
        }),
        _ => None,
    }
}

/// What the device is asked: a property set, a free-form call and a service.
fn listen(
    device: &mut Device<'_>,
    platform: &Platform,
    device_name: &str,
    trace: &Trace,
) -> Result<(), Fault> {
    let answers = platform.call(device_name, Call::Set(r#"{"Brightness":75}"#));
    let ((call, params), seen) = device.expect("a property set", |event| match event {
        Event::PropertySet { call: Some(call), values } => Some((*call, values.raw()?.as_str().to_owned())),
        _ => None,
    })?;
    trace.step(Way::Down, "set", &params);
    trace.message(&seen.topic, &seen.payload);
    trace.frame(&seen.frame);
    device.answer("set answered", call, &[])?;
    // The platform takes the answer for a receipt; the new value is what is posted.
    let id = device.post("set confirmed", &[("Brightness", Sample::from(75))])?;
    let (reply, _) = device.expect("the reply to a post", |event| posted(event, id))?;
    trace.note(&reply);
    let set = arrived(&answers)?;

    let answers = platform.call(device_name, Call::Rrpc("ping"));
    let ((call, payload), seen) = device.expect("a call", |event| match event {
        Event::Rrpc { call, payload, .. } => Some((*call, payload.to_vec())),
        _ => None,
    })?;
    trace.step(Way::Down, "call", "");
    trace.message(&seen.topic, &seen.payload);
    trace.frame(&seen.frame);
    let echo = [&payload[..], b" pong"].concat();
    device.answer_raw("call answered", call, &echo)?;
    let rrpc = arrived(&answers)?;

    let toggled = serve(device, platform, device_name, trace, ("ToggleSwitch", "{}"), &[])?;
    let blinked = serve(
        device,
        platform,
        device_name,
        trace,
        ("Blink", r#"{"Times":3,"PeriodMs":500}"#),
        &[("Done", Value::from(true))],
    )?;

    let done = |answer: &str| answer.contains("\"code\":200");
    if done(&set) && rrpc == "ping pong" && done(&toggled) && done(&blinked) {
        trace.step(Way::Here, "calls confirmed", "the platform has every answer");
    }
    Ok(())
}

/// One service call, answered with `outputs`.
fn serve(
    device: &mut Device<'_>,
    platform: &Platform,
    device_name: &str,
    trace: &Trace,
    (service, inputs): (&'static str, &'static str),
    outputs: &[(&str, Value<'_>)],
) -> Result<String, Fault> {
    let answers = platform.call(device_name, Call::Service(service, inputs));
    let ((call, called, inputs), seen) = device.expect("a service call", |event| match event {
        Event::Service { call: Some(call), identifier, inputs, .. } => {
            Some((*call, (*identifier).to_owned(), inputs.raw()?.as_str().to_owned()))
        }
        _ => None,
    })?;
    trace.step(Way::Down, "service", &format!("{called} {inputs}"));
    trace.message(&seen.topic, &seen.payload);
    trace.frame(&seen.frame);
    device.answer("service answered", call, outputs)?;
    arrived(&answers)
}

fn arrived(answers: &std::sync::mpsc::Receiver<Vec<u8>>) -> Result<String, Fault> {
    let answer = answers.recv_timeout(PATIENCE).map_err(|_| Fault::Silence("the platform got no answer"))?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// A second device with the right names and a wrong secret.
fn be_refused(endpoint: &str, triple: &Triple<'_>, model: &Model, trace: &Trace) -> Result<(), Fault> {
    let wrong = Secret::new("not the secret of this device").map_err(Fault::protocol)?;
    match Device::connect(endpoint, &Triple { secret: &wrong, ..*triple }, model, trace) {
        Err(Fault::Refused(_)) => Ok(()),
        Err(other) => Err(other),
        Ok(_) => Err(Fault::Protocol("a wrong secret was accepted".to_owned())),
    }
}
