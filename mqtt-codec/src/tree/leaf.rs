//! What is stored under one filter: mostly one value, in place; else a crowd of values and share groups, beside.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;

use super::slab::Slab;

#[derive(Clone, Copy)]
pub(super) enum Leaf<T> {
    One(T),
    /// An index into the crowds.
    Crowd(u32),
}

/// The values of one share name on one filter, in the order they came: each message is for one of them (§4.8.2).
#[derive(Debug, PartialEq, Eq)]
pub struct Group<'a, T> {
    /// The share name.
    pub name: &'a str,
    /// The members, at least one.
    pub members: &'a [T],
}

impl<T> Clone for Group<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Group<'_, T> {}

/// What came of taking a value from a leaf.
pub(super) enum Taken<T> {
    Nothing,
    Value(T),
    /// The leaf's only value is the one: whoever owns the leaf removes it, and gets the value by [`Crowds::last`].
    Last,
}

#[derive(Clone)]
pub(super) struct Crowds<T>(Slab<Crowd<T>>);

#[derive(Clone)]
struct Crowd<T> {
    plain: Vec<T>,
    /// Sorted by name, none without a member.
    groups: Vec<(Box<str>, Vec<T>)>,
}

impl<T> Crowds<T> {
    pub(super) const fn new() -> Self {
        Self(Slab::new())
    }

    /// A leaf of one value, plain or a member of the group `share`.
    pub(super) fn leaf(&mut self, share: Option<&str>, value: T) -> Leaf<T> {
        match share {
            None => Leaf::One(value),
            Some(name) => {
                let groups = Vec::from([(name.into(), Vec::from([value]))]);
                Leaf::Crowd(self.0.insert(Crowd { plain: Vec::new(), groups }))
            }
        }
    }

    pub(super) fn join(&mut self, leaf: &mut Leaf<T>, share: Option<&str>, value: T) {
        let at = match mem::replace(leaf, Leaf::Crowd(u32::MAX)) {
            Leaf::Crowd(at) => at,
            Leaf::One(first) => self.0.insert(Crowd { plain: Vec::from([first]), groups: Vec::new() }),
        };
        *leaf = Leaf::Crowd(at);
        let Some(crowd) = self.0.get_mut(at) else { return };
        match share.map(|name| (name, crowd.position(name))) {
            None => crowd.plain.push(value),
            Some((_, Ok(at))) => crowd.groups[at].1.push(value),
            Some((name, Err(at))) => crowd.groups.insert(at, (name.into(), Vec::from([value]))),
        }
    }

    /// Takes out the first value that is `which`, among the plain ones or in the group `share`.
    pub(super) fn leave(
        &mut self,
        leaf: &mut Leaf<T>,
        share: Option<&str>,
        mut which: impl FnMut(&T) -> bool,
    ) -> Taken<T> {
        let at = match leaf {
            Leaf::One(value) if share.is_none() && which(value) => return Taken::Last,
            Leaf::One(_) => return Taken::Nothing,
            Leaf::Crowd(at) => *at,
        };
        let Some(crowd) = self.0.get_mut(at) else { return Taken::Nothing };
        let alone = crowd.is_single();
        let group = share.map(|name| crowd.position(name));
        let values = match group {
            None => &mut crowd.plain,
            Some(Ok(group)) => &mut crowd.groups[group].1,
            Some(Err(_)) => return Taken::Nothing,
        };
        let Some(place) = values.iter().position(which) else { return Taken::Nothing };
        if alone {
            return Taken::Last;
        }
        let value = values.remove(place);
        if let Some(Ok(group)) = group
            && values.is_empty()
        {
            crowd.groups.remove(group);
        }
        if crowd.groups.is_empty()
            && crowd.is_single()
            && let Some(one) = self.0.take(at).and_then(|mut crowd| crowd.plain.pop())
        {
            *leaf = Leaf::One(one);
        }
        Taken::Value(value)
    }

    /// The only value of a leaf that is no more.
    pub(super) fn last(&mut self, leaf: Leaf<T>) -> Option<T> {
        match leaf {
            Leaf::One(value) => Some(value),
            Leaf::Crowd(at) => {
                let mut crowd = self.0.take(at)?;
                crowd.plain.pop().or_else(|| crowd.groups.pop()?.1.pop())
            }
        }
    }

    #[inline]
    pub(super) fn plain<'a>(&'a self, leaf: &'a Leaf<T>) -> &'a [T] {
        match leaf {
            Leaf::One(value) => core::slice::from_ref(value),
            Leaf::Crowd(at) => self.0.get(*at).map_or(&[], |crowd| &crowd.plain),
        }
    }

    pub(super) fn groups<'a>(
        &'a self,
        leaf: &Leaf<T>,
    ) -> impl ExactSizeIterator<Item = Group<'a, T>> + use<'a, T> {
        let groups: &[_] = match leaf {
            Leaf::One(_) => &[],
            Leaf::Crowd(at) => self.0.get(*at).map_or(&[], |crowd| &crowd.groups),
        };
        groups.iter().map(|(name, members)| Group { name, members })
    }

    /// The values of a leaf that are plain, or in the group `share`.
    pub(super) fn values<'a>(&'a self, leaf: &'a Leaf<T>, share: Option<&str>) -> &'a [T] {
        match (share, leaf) {
            (None, leaf) => self.plain(leaf),
            (Some(_), Leaf::One(_)) => &[],
            (Some(name), Leaf::Crowd(at)) => self.0.get(*at).map_or(&[], |crowd| crowd.members(name)),
        }
    }

    pub(super) fn values_mut<'a>(&'a mut self, leaf: &'a mut Leaf<T>, share: Option<&str>) -> &'a mut [T] {
        match (share, leaf) {
            (None, Leaf::One(value)) => core::slice::from_mut(value),
            (Some(_), Leaf::One(_)) => &mut [],
            (share, Leaf::Crowd(at)) => match (self.0.get_mut(*at), share) {
                (Some(crowd), None) => &mut crowd.plain,
                (Some(crowd), Some(name)) => match crowd.position(name) {
                    Ok(group) => &mut crowd.groups[group].1,
                    Err(_) => &mut [],
                },
                (None, _) => &mut [],
            },
        }
    }

    /// Bytes held, without what the values themselves hold; looks at every crowd.
    pub(super) fn bytes(&self) -> usize {
        let values = |values: &Vec<T>| values.capacity() * size_of::<T>();
        let group = |(name, members): &(Box<str>, Vec<T>)| name.len() + values(members);
        let crowd = |crowd: &Crowd<T>| {
            let groups = crowd.groups.capacity() * size_of::<(Box<str>, Vec<T>)>();
            values(&crowd.plain) + groups + crowd.groups.iter().map(group).sum::<usize>()
        };
        self.0.bytes() + self.0.iter().map(crowd).sum::<usize>()
    }
}

impl<T> Crowd<T> {
    fn position(&self, name: &str) -> Result<usize, usize> {
        self.groups.binary_search_by(|(held, _)| (**held).cmp(name))
    }

    fn members(&self, name: &str) -> &[T] {
        self.position(name).map_or(&[], |at| &self.groups[at].1)
    }

    fn is_single(&self) -> bool {
        match &*self.groups {
            [] => self.plain.len() == 1,
            [(_, members)] => self.plain.is_empty() && members.len() == 1,
            _ => false,
        }
    }
}
